package stream

import (
	"context"
	"fmt"
	"log/slog"
)

// serverLog passes the embedded server's warnings on; its notices are for debugging.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(format string, v ...any) { l.put(slog.LevelDebug, format, v) }
func (l serverLog) Warnf(format string, v ...any)   { l.put(slog.LevelWarn, format, v) }
func (l serverLog) Errorf(format string, v ...any)  { l.put(slog.LevelError, format, v) }
func (l serverLog) Fatalf(format string, v ...any)  { l.put(slog.LevelError, format, v) }
func (l serverLog) Debugf(string, ...any)           {}
func (l serverLog) Tracef(string, ...any)           {}

func (l serverLog) put(level slog.Level, format string, v []any) {
	ctx := context.Background()
	if l.log.Enabled(ctx, level) {
		l.log.Log(ctx, level, "stream server: "+fmt.Sprintf(format, v...))
	}
}
