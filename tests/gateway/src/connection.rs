//! From bytes to requests and back, over a socket or a connection in memory.
//!
//! Hyper is driven by hand for one reason: a handler may ask for the connection to break before any header, which no
//! router can say.

use crate::{Gateway, app};
use axum::{
    Router,
    body::Body,
    http::{Request, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    fmt, io,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tower::ServiceExt;

/// In a request's extensions: the address of the other end.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// In an answer's extensions: it must not be sent, and the connection break.
#[derive(Clone, Copy, Debug)]
pub struct Reset;

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is to be reset")
    }
}

impl std::error::Error for Reset {}

/// Serves for ever.
pub async fn listen(listener: TcpListener, gateway: Arc<Gateway>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let reset = Arc::new(AtomicBool::new(false));
                let socket = Socket { stream, reset: reset.clone() };
                tokio::spawn(talk(socket, Some(peer.ip()), gateway.clone(), reset));
            }
            // Out of files, most likely: it passes.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Serves one connection to its end. Over one in memory a reset is its end before any header.
pub async fn serve(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, gateway: Arc<Gateway>) {
    talk(io, None, gateway, Arc::default()).await;
}

async fn talk(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ip: Option<IpAddr>,
    gateway: Arc<Gateway>,
    reset: Arc<AtomicBool>,
) {
    // A browser repeats a request by itself when a connection that it has used before breaks: a test would count two.
    let keep_alive = !gateway.options.test_controls;
    let app = app(gateway);
    let service = service_fn(move |request| answer(app.clone(), ip, reset.clone(), request));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).keep_alive(keep_alive);
    // A client that goes away, and an answer that breaks off, are all that can be told here; both are in the log.
    let _ended = http.serve_connection(TokioIo::new(io), service).await;
}

async fn answer(
    app: Router,
    ip: Option<IpAddr>,
    reset: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Reset> {
    let mut request = request.map(Body::new);
    if let Some(ip) = ip {
        request.extensions_mut().insert(Peer(ip));
    }
    let Ok(response) = app.oneshot(request).await;
    match response.extensions().get::<Reset>() {
        None => Ok(response),
        Some(asked) => {
            reset.store(true, Ordering::Relaxed);
            Err(*asked)
        }
    }
}

/// A socket that can be closed the hard way.
struct Socket {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Without lingering, the system tells the other end that the connection broke. If it can't, it just ends.
            let _ends = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
