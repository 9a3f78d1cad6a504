//! A web server that answers everything with 200 and remembers when it was asked for what.

use parking_lot::Mutex;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How many requests are answered at the same time.
const THREADS: usize = 4;
/// Longest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 4096;
/// How long a client may take to send it.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// The server, and when each path `/N` was asked for.
pub(super) struct Answering {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<Vec<Instant>>>>,
}

impl Answering {
    /// Serves the paths `/0` to `/(paths - 1)` until the process ends.
    pub(super) fn start(paths: usize) -> io::Result<Self> {
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

    /// How many requests there were.
    pub(super) fn requests(&self) -> usize {
        self.lock(|asked| asked.iter().map(Vec::len).sum())
    }

    /// From each request to the next one for the same path.
    pub(super) fn gaps(&self) -> Vec<Duration> {
        let gaps = |times: &Vec<Instant>| times.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
        self.lock(|asked| asked.iter().flat_map(gaps).collect())
    }

    fn lock<T>(&self, read: impl FnOnce(&[Vec<Instant>]) -> T) -> T {
        read(&self.asked.lock())
    }
}

/// Answers one request, and gives the number that its path is.
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
