//! Waits for a server that has just started.

use crate::command::client::BeingRead;
use crate::command::{notice, pause};
use std::time::Duration;

/// Wait between two requests.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// Maximum requests: ten minutes.
const TRIES: u32 = 300;

/// Retries `ask` until the server has read the dead-letter topics.
pub(super) fn once_read<T>(ask: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<T> {
    tried(ask, |being_read| {
        notice(&being_read.to_string());
        pause(ASK_AGAIN);
    })
}

fn tried<T>(mut ask: impl FnMut() -> anyhow::Result<T>, wait: impl Fn(&BeingRead)) -> anyhow::Result<T> {
    for _ in 1..TRIES {
        match ask().map_err(anyhow::Error::downcast) {
            Ok(answer) => return Ok(answer),
            Err(Ok(being_read)) => wait(&being_read),
            Err(Err(other)) => return Err(other),
        }
    }
    ask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_reads_is_asked_up_to_the_limit_and_one_that_refuses_once() {
        let (mut asked, reads) = (0, || Err::<(), _>(BeingRead("reading".to_owned()).into()));
        let given_up = tried(
            || {
                asked += 1;
                reads()
            },
            |_| {},
        );
        assert_eq!((given_up.unwrap_err().to_string(), asked), ("reading".to_owned(), TRIES));

        let refused = tried(|| Err::<(), _>(anyhow::anyhow!("refused")), |_| panic!("it is not waited for"));
        assert_eq!(refused.unwrap_err().to_string(), "refused");
    }
}
