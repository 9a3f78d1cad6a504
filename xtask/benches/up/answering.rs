//! A web server that responds 200 to everything and records the time of each request.

use parking_lot::Mutex;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Concurrent requests.
const THREADS: usize = 4;
/// Maximum size of a request head, in bytes.
const MAX_HEAD_BYTES: usize = 4096;
/// Timeout for receiving it.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// The server, with the times of requests for each path `/N`.
pub(crate) struct Answering {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Vec<Instant>>>>,
}

impl Answering {
    /// Serves the paths `/0` to `/(paths - 1)` until the process ends.
    pub(crate) fn start(paths: usize) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let answering =
            Self { address: listener.local_addr()?, asked: Arc::new(Mutex::new(vec![Vec::new(); paths])) };
        for _ in 0..THREADS {
            let (listener, asked) = (listener.try_clone()?, Arc::clone(&answering.asked));
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let at = Instant::now();
                    if let Ok(Some(path)) = answer(stream)
                        && let Some(times) = asked.lock().get_mut(path)
                    {
                        times.push(at);
                    }
                }
            });
        }
        Ok(answering)
    }

    /// The number of requests.
    pub(crate) fn requests(&self) -> usize {
        self.lock(|asked| asked.iter().map(Vec::len).sum())
    }

    /// The time between consecutive requests for the same path.
    pub(crate) fn gaps(&self) -> Vec<Duration> {
        let gaps = |times: &Vec<Instant>| times.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
        self.lock(|asked| asked.iter().flat_map(gaps).collect())
    }

    fn lock<T>(&self, read: impl FnOnce(&[Vec<Instant>]) -> T) -> T {
        read(&self.asked.lock())
    }
}

/// Responds to one request, and returns the number in its path.
fn answer(mut stream: TcpStream) -> io::Result<Option<usize>> {
    stream.set_read_timeout(Some(READ_WITHIN))?;
    let (mut head, mut read) = ([0; MAX_HEAD_BYTES], 0);
    while !head[..read].ends_with(b"\r\n\r\n") {
        match stream.read(&mut head[read..])? {
            0 => return Ok(None),
            more => read += more,
        }
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    let path =
        String::from_utf8_lossy(&head[..read]).split(' ').nth(1).and_then(|path| path.get(1..)?.parse().ok());
    Ok(path)
}
