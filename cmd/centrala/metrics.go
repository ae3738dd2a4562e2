package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"centrala/channels"
)

// metrics answers Prometheus: each stage of a message's way, read from the rooms when asked.
func (p *Program) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), figures{p})
	h := promhttp.HandlerFor(registry, promhttp.HandlerOpts{Timeout: 10 * time.Second})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.trusted(r) {
			http.Error(w, "metrics are read from the networks in http.metrics_from", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// figures collects the rooms' own counters.
type figures struct{ p *Program }

// Describe implements prometheus.Collector; the figures are only known when collected.
func (figures) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (f figures) Collect(out chan<- prometheus.Metric) {
	f.store(out)
	f.stream(out)
	f.sockets(out)
	for _, h := range f.p.board.Lines() {
		up := 0.0
		if h.State == channels.Working {
			up = 1
		}
		gauge(out, "centrala_line_working", "Whether a door's line works.", up, label{"inbox", h.Inbox.String()}, label{"way", h.Way})
		gauge(out, "centrala_line_behind", "Messages fetched or due but not yet done.", float64(h.Behind), label{"inbox", h.Inbox.String()}, label{"way", h.Way})
	}
}

func (f figures) store(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s, err := f.p.db.Stats(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(prometheus.NewDesc("centrala_store", "The store's figures.", nil, nil), err)
		return
	}
	count(out, "centrala_store_commits_total", "Group commits.", s.Transactions)
	count(out, "centrala_store_operations_total", "Operations in them.", s.Operations)
	count(out, "centrala_store_replays_total", "Batches that were replayed one by one.", s.Replays)
	gauge(out, "centrala_store_queue", "Operations that wait for the next commit.", float64(s.Queue))
	gauge(out, "centrala_outbox", "Events not yet marked as published.", float64(s.Outbox))
}

func (f figures) stream(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s, err := f.p.bus.Stats(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(prometheus.NewDesc("centrala_stream", "The stream's figures.", nil, nil), err)
	}
	var published, spilled uint64
	queued := 0
	for _, l := range s.Lanes {
		published, spilled, queued = published+l.Published, spilled+l.Spilled, queued+l.Queued
	}
	count(out, "centrala_stream_published_total", "Events put on the stream.", published)
	count(out, "centrala_stream_spilled_total", "Events left to the sweep because a lane was full.", spilled)
	count(out, "centrala_stream_swept_total", "Events that the sweep published.", s.Swept)
	gauge(out, "centrala_stream_queue", "Events waiting to be published.", float64(queued))
	for name, g := range s.Groups {
		count(out, "centrala_work_handled_total", "Events handled.", g.Handled, label{"group", name})
		count(out, "centrala_work_retried_total", "Second and third tries.", g.Retried, label{"group", name})
		count(out, "centrala_work_buried_total", "Dead letters.", g.Buried, label{"group", name})
		gauge(out, "centrala_work_lag", "Events that no node has handled yet.", float64(g.Lag), label{"group", name})
	}
}

func (f figures) sockets(out chan<- prometheus.Metric) {
	s := f.p.gateway.Stats()
	gauge(out, "centrala_sockets", "Open sockets.", float64(s.Visitors), label{"who", "visitor"})
	gauge(out, "centrala_sockets", "Open sockets.", float64(s.Staff), label{"who", "agent"})
	count(out, "centrala_frames_total", "Frames.", uint64(s.FramesIn), label{"way", "in"})
	count(out, "centrala_frames_total", "Frames.", uint64(s.FramesOut), label{"way", "out"})
	count(out, "centrala_frames_refused_total", "Frames answered with an error.", uint64(s.RefusedFrames))
	count(out, "centrala_sockets_refused_total", "Sockets refused at the door.", uint64(s.RefusedSockets))
	for code, n := range s.Closed {
		count(out, "centrala_sockets_closed_total", "Sockets closed, by code.", uint64(n), label{"code", strconv.Itoa(code)})
	}
}

type label struct{ name, value string }

func metric(out chan<- prometheus.Metric, kind prometheus.ValueType, name, help string, v float64, labels []label) {
	var names, values []string
	for _, l := range labels {
		names, values = append(names, l.name), append(values, l.value)
	}
	out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, v, values...)
}

func gauge(out chan<- prometheus.Metric, name, help string, v float64, labels ...label) {
	metric(out, prometheus.GaugeValue, name, help, v, labels)
}

func count(out chan<- prometheus.Metric, name, help string, v uint64, labels ...label) {
	metric(out, prometheus.CounterValue, name, help, float64(v), labels)
}
