//! The browser's part under an [`Attempt`], natively: HTTP/1.1 over a connection in memory, and the attempt's deadline
//! on tokio's clock. What `src/answer/remote/web.rs` does with `fetch` and `setTimeout`.

use super::{fate::Fate, page::Signal};
use crate::support::Server;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Response,
    body::{Bytes, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use inferkit_gateway::connection;
use inferkit_widget::{
    answer::remote::{Attempt, Heard, Outgoing, Request},
    error::Reference,
};
use parking_lot::Mutex;
use std::{
    error::Error,
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{DuplexStream, duplex},
    select,
    sync::mpsc::UnboundedSender,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};

/// The gateway's address, as the site has it.
pub const BASE: &str = "http://gateway";

pub struct Network {
    server: Arc<Server>,
    signals: UnboundedSender<Signal>,
    pub offline: Vec<usize>,
    connections: usize,
    /// Connections that the server still serves.
    pub serving: Arc<AtomicUsize>,
    began: Instant,
}

/// A request under way. Dropping it ends it, and nothing more is heard.
pub struct Exchange {
    pub request: Request,
    pub sent: Instant,
    /// What it was sent with, by header.
    pub outgoing: Outgoing,
    pub seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

/// What came back, as a developer's tools would show it.
#[derive(Debug, Default)]
pub struct Seen {
    /// The connection could not be made.
    pub offline: bool,
    pub status: Option<u16>,
    pub retry_after: Option<String>,
    /// When the headers came, in seconds since 1970.
    pub date: u64,
    /// When the last text of an answer came, or the headers.
    pub content: Option<Instant>,
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection that the server serves.
struct Served(Arc<AtomicUsize>);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Network {
    pub fn new(server: Arc<Server>, offline: Vec<usize>, signals: UnboundedSender<Signal>) -> Self {
        Self { server, signals, offline, connections: 0, serving: Arc::default(), began: Instant::now() }
    }

    pub fn send(&mut self, id: u32, outgoing: Outgoing, mut mint: Fate) -> Exchange {
        let seen = Arc::<Mutex<Seen>>::default();
        seen.lock().offline = self.offline.contains(&self.connections);
        self.connections += 1;
        let line = Line {
            attempt: Attempt::new(outgoing.request, self.now()),
            id,
            seen: seen.clone(),
            server: self.server.clone(),
            signals: self.signals.clone(),
            serving: self.serving.clone(),
            began: self.began,
            mint: Box::new(move || Reference::client(mint.number().to_be_bytes())),
        };
        let task = tokio::spawn(line.run(outgoing.clone()));
        Exchange { request: outgoing.request, sent: Instant::now(), outgoing, seen, task }
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

struct Line {
    attempt: Attempt,
    id: u32,
    seen: Arc<Mutex<Seen>>,
    server: Arc<Server>,
    signals: UnboundedSender<Signal>,
    serving: Arc<AtomicUsize>,
    began: Instant,
    mint: Box<dyn FnMut() -> Reference + Send>,
}

impl Line {
    async fn run(mut self, outgoing: Outgoing) {
        // Ends with this, and the connection with it.
        let mut tasks = JoinSet::new();
        let sending = self.connect().map(|io| send(io, outgoing, self.id, &mut tasks));
        let sending = async { sending.ok_or("the network is down")?.await };
        let Some(Ok(response)) = self.in_time(sending).await else { return self.feed(Attempt::closed) };
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (now, date) = (self.now(), self.server.gateway.clock.date().as_secs());
        let status = response.status().as_u16();
        {
            let mut seen = self.seen.lock();
            (seen.status, seen.retry_after) = (Some(status), header("Retry-After"));
            (seen.date, seen.content) = (date, Some(Instant::now()));
        }
        self.attempt.headers(status, header, now, date);
        let mut body = response.into_body();
        while let Some(Some(Ok(frame))) = self.in_time(body.frame()).await {
            let now = self.now();
            if let Ok(bytes) = frame.into_data() {
                self.feed(|attempt, mint| attempt.bytes(&bytes, now, mint));
            }
        }
        // However it ended: the attempt knows how far it had come.
        self.feed(Attempt::closed);
    }

    fn connect(&self) -> Option<DuplexStream> {
        if self.seen.lock().offline {
            return None;
        }
        let (ours, theirs) = duplex(1 << 16);
        self.serving.fetch_add(1, Ordering::Relaxed);
        let served = Served(self.serving.clone());
        let serving = connection::serve(theirs, self.server.gateway.clone());
        tokio::spawn(async move {
            serving.await;
            drop(served);
        });
        Some(ours)
    }

    /// Waits, but not beyond the attempt's deadline; None when that has ended it.
    async fn in_time<T>(&mut self, something: impl Future<Output = T>) -> Option<T> {
        let mut something = pin!(something);
        while !self.attempt.is_over() {
            let deadline = self.began + Duration::from_millis(self.attempt.deadline());
            select! {
                biased;
                it = &mut something => return Some(it),
                () = sleep_until(deadline) => {
                    let now = self.now();
                    self.feed(|attempt, mint| attempt.check(now, mint));
                    // Otherwise this would go round for ever, and no clock would move.
                    assert!(self.attempt.is_over() || self.attempt.deadline() > now, "a deadline ends, or moves");
                }
            }
        }
        None
    }

    fn feed(&mut self, feed: impl FnOnce(&mut Attempt, &mut dyn FnMut() -> Reference) -> Vec<Heard>) {
        for heard in feed(&mut self.attempt, &mut *self.mint) {
            if matches!(heard, Heard::Text(_)) {
                self.seen.lock().content = Some(Instant::now());
            }
            let _gone = self.signals.send(Signal::Server(self.id, heard));
        }
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

/// Sends a request on a connection of its own: the gateway of tests keeps none alive. Its ledger knows each by the
/// advisory header that we add.
async fn send(
    io: DuplexStream,
    outgoing: Outgoing,
    id: u32,
    tasks: &mut JoinSet<()>,
) -> Result<Response<Incoming>, Box<dyn Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await?;
    tasks.spawn(async move {
        let _ended = connection.await;
    });
    let method = if outgoing.body.is_some() { Method::POST } else { Method::GET };
    let path = outgoing.url.strip_prefix(BASE).ok_or("another server's address")?;
    let mut request = hyper::Request::builder().method(method).uri(path).header("Host", "gateway");
    for (name, value) in &outgoing.headers {
        request = request.header(*name, value);
    }
    let request = request.header("X-InferKit-Embed-Origin", id.to_string());
    let body = Full::new(Bytes::from(outgoing.body.unwrap_or_default()));
    Ok(sender.send_request(request.body(body)?).await?)
}
