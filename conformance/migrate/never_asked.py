"""What is asked about nobody's Ingresses: it stands in every result, so that nobody takes silence for sameness."""

from conformance.migrate.question import LeftOut

NEVER_ASKED = (
    LeftOut("websockets", "whether a connection becomes a WebSocket is not asked, whatever the annotations"),
    LeftOut("methods", "all requests are GET, but where an annotation is about another method"),
    LeftOut("http2", "all requests are HTTP/1.1: neither HTTP/2 nor gRPC is asked"),
    LeftOut(
        "backend-headers",
        "what every backend gets (Host, X-Forwarded-*, X-Real-IP) is not compared, but where an annotation is about it",
    ),
)
