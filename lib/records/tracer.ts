/** What is known of a span, by the names of OpenTelemetry's conventions for databases, and of `rome.*` beside them. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** The part of OpenTelemetry's `Span` that Rome uses. */
export interface Span {
  setAttributes(attributes: SpanAttributes): unknown
  setStatus(status: { readonly code: number; readonly message?: string }): unknown
  recordException(error: Error): unknown
  end(): void
}

/** How a span begins. */
export interface SpanOptions {
  readonly kind: number
  readonly attributes: SpanAttributes
}

/**
 * The part of OpenTelemetry's `Tracer` that Rome uses: give `trace.getTracer('my-app')` of `@opentelemetry/api`. Rome
 * itself never loads that package.
 */
export interface Tracer {
  startSpan(name: string, options: SpanOptions): Span
  startActiveSpan<Work extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    work: Work,
  ): ReturnType<Work>
}

/** OpenTelemetry's numbers for kinds of spans: within the program, and towards a store. */
export const SpanKind = Object.freeze({ internal: 0, client: 2 } as const)

const statusError = 2

/** Ends a span, with what went wrong if anything did. */
export function endSpan(span: Span, attributes: SpanAttributes, error?: Error): void {
  span.setAttributes(attributes)
  if (error !== undefined) {
    span.recordException(error)
    // Without what varies, which may be somebody's data.
    span.setStatus({ code: statusError, message: String(attributes['error.type']) })
  }
  span.end()
}
