package main

import (
	"centrala/auth"
	"centrala/channels"
	"centrala/demo"
	"centrala/gateway"
	"centrala/gateway/rest"
	"centrala/routing"
	"centrala/search"
	"centrala/store"
	"centrala/stream"
)

// What the rooms ask of the store, the store gives.
var (
	_ auth.Store          = (*store.DB)(nil)
	_ rest.Store          = (*store.DB)(nil)
	_ gateway.Log         = (*store.DB)(nil)
	_ gateway.Lists       = (*store.DB)(nil)
	_ gateway.Floor       = (*store.DB)(nil)
	_ gateway.House       = (*store.DB)(nil)
	_ gateway.Surveys     = (*store.DB)(nil)
	_ gateway.Shelf       = (*store.DB)(nil)
	_ stream.Outbox       = (*store.DB)(nil)
	_ stream.Graveyard    = (*store.DB)(nil)
	_ channels.Deliveries = (*store.DB)(nil)
	_ channels.Intake     = (*store.DB)(nil)
	_ channels.Unread     = (*store.DB)(nil)
	_ routing.Log         = (*store.DB)(nil)
	_ routing.House       = (*store.DB)(nil)
	_ routing.Promises    = (*store.DB)(nil)
	_ search.Articles     = (*store.DB)(nil)
	_ demo.House          = (*store.DB)(nil)
	_ gateway.Guard       = (*auth.Guard)(nil)
)
