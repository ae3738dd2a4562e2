package main

import "net/http"

// pages are the pages of protocol section 5.
func (p *Program) pages() (http.Handler, error) { return http.NotFoundHandler(), nil }
