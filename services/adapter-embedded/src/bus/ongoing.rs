//! Work that outlives the call that waits for it.

use std::pin::Pin;

/// Work that continues after the call that waited for it was dropped: a caller that polls again and again,
/// for a moment each time, gets its answer in the end.
pub(super) struct Ongoing<T> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T> Ongoing<T> {
    pub(super) const fn none() -> Self {
        Self { work: None }
    }

    /// Waits for the ongoing work; starts it with `start` if there is none.
    pub(super) async fn get<F: Future<Output = T> + Send + 'static>(
        &mut self,
        start: impl FnOnce() -> F,
    ) -> T {
        let work = self.work.get_or_insert_with(|| Box::pin(start()));
        let outcome = work.as_mut().await;
        self.work = None;
        outcome
    }

    pub(super) fn abandon(&mut self) {
        self.work = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_dropped_call_leaves_the_work_to_the_next_one() {
        let (started, mut ongoing) = (Cell::new(0), Ongoing::none());
        let (finish, finished) = oneshot::channel();
        let mut finished = Some(finished);
        let mut start = || {
            started.set(started.get() + 1);
            let finished = finished.take();
            async { finished.unwrap().await.unwrap() }
        };
        tokio::select! {
            biased;
            _ = ongoing.get(&mut start) => panic!("it is not finished"),
            () = async {} => {}
        }
        finish.send(7).unwrap();
        assert_eq!((ongoing.get(&mut start).await, started.get()), (7, 1));
    }
}
