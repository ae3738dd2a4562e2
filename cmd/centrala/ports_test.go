package main

import (
	"centrala/auth"
	"centrala/channels"
	"centrala/demo"
	"centrala/gateway"
	"centrala/gateway/hints"
	"centrala/gateway/pages"
	"centrala/gateway/rest"
	"centrala/routing"
	"centrala/search"
	"centrala/store"
	"centrala/store/library"
	"centrala/stream"
)

// What the rooms ask of the store, the store gives.
var (
	_ auth.Store          = (*store.DB)(nil)
	_ rest.Store          = (*store.DB)(nil)
	_ rest.Articles       = (*library.Library)(nil)
	_ rest.Manuscripts    = (*library.Library)(nil)
	_ rest.Publishing     = (*library.Library)(nil)
	_ rest.Versions       = (*library.Library)(nil)
	_ rest.Shelves        = (*library.Library)(nil)
	_ rest.WordLists      = (*library.Library)(nil)
	_ rest.Enclosures     = (*library.Library)(nil)
	_ pages.Articles      = (*library.Library)(nil)
	_ search.Articles     = (*library.Library)(nil)
	_ gateway.Log         = (*store.DB)(nil)
	_ gateway.Lists       = (*store.DB)(nil)
	_ gateway.Floor       = (*store.DB)(nil)
	_ gateway.House       = (*store.DB)(nil)
	_ gateway.Surveys     = (*store.DB)(nil)
	_ hints.Shelf         = (*library.Library)(nil)
	_ stream.Outbox       = (*store.DB)(nil)
	_ stream.Graveyard    = (*store.DB)(nil)
	_ channels.Deliveries = (*store.DB)(nil)
	_ channels.Intake     = (*store.DB)(nil)
	_ channels.Unread     = (*store.DB)(nil)
	_ routing.Log         = (*store.DB)(nil)
	_ routing.House       = (*store.DB)(nil)
	_ routing.Promises    = (*store.DB)(nil)
	_ pages.Surveys       = (*store.DB)(nil)
	_ demo.House          = (*store.DB)(nil)
	_ gateway.Guard       = (*auth.Guard)(nil)
)
