// Package otlp sends spans to an OpenTelemetry collector over OTLP/HTTP.
package otlp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"centrala/watch"
)

// Tracer implements watch.Tracer. It is safe for concurrent use and never blocks: spans that
// come faster than the collector takes them are dropped, and a message's way is not.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Wanted reports whether a collector is configured: by endpoint, or by the standard variables
// OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.
func Wanted(endpoint string) bool {
	return endpoint != "" || os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

// Open makes a Tracer of the node of a service. endpoint is the collector's base address, such
// as http://127.0.0.1:4318; "" leaves it to the standard variables, which also hold the rest:
// headers, certificates, sampler (OTEL_TRACES_SAMPLER), further attributes.
func Open(ctx context.Context, endpoint, version, node string) (*Tracer, error) {
	var options []otlptracehttp.Option
	if endpoint != "" {
		u, err := url.Parse(endpoint)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, fmt.Errorf("trace.endpoint: %q is not an address such as http://127.0.0.1:4318", endpoint)
		}
		options = append(options, otlptracehttp.WithEndpointURL(u.JoinPath("v1/traces").String()))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "centrala"), attribute.String("service.version", version),
		attribute.String("service.instance.id", node)), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, errors.Join(fmt.Errorf("trace: %w", err), exporter.Shutdown(ctx))
	}
	p := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	return &Tracer{provider: p, tracer: p.Tracer("centrala")}, nil
}

// Begin implements watch.Tracer.
func (t *Tracer) Begin(name string) (traceparent string, end func(error, map[string]string)) {
	ctx, span := t.tracer.Start(context.Background(), name)
	if span.SpanContext().IsSampled() {
		carrier := propagation.MapCarrier{}
		propagation.TraceContext{}.Inject(ctx, carrier)
		traceparent = carrier.Get("traceparent")
	}
	return traceparent, func(err error, attributes map[string]string) {
		finish(span, err, attributes)
		span.End()
	}
}

// Note implements watch.Tracer. A span without a parent that can be read is left out.
func (t *Tracer) Note(s watch.Span) {
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": s.Parent})
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return
	}
	_, span := t.tracer.Start(ctx, s.Name, trace.WithTimestamp(s.From))
	finish(span, s.Err, s.Attributes)
	span.End(trace.WithTimestamp(s.To))
}

func finish(span trace.Span, err error, attributes map[string]string) {
	for name, value := range attributes {
		if value != "" {
			span.SetAttributes(attribute.String("centrala."+strings.ReplaceAll(name, " ", "_"), value))
		}
	}
	if err != nil {
		span.SetStatus(codes.Error, "") // the log says why, by house rules without words of people
	}
}

// Close sends what is left, for as long as ctx allows.
func (t *Tracer) Close(ctx context.Context) error {
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	return nil
}
