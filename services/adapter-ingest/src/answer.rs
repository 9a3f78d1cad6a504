//! What the answer to a body of samples means for the batch.

use watchkeeper_http_client::{HttpAnswer, HttpError};
use watchkeeper_ports::PortError;
use watchkeeper_wire::json::{IngestAnswer, Problem, Refusal};

/// The name of the bus for operators.
pub(crate) const BUS: &str = "bus";

/// Accepted, refused in part or whole, or to be sent again later. A token that is not accepted, or a wrong URL, is for an
/// operator to mend: until then nothing is lost.
pub(crate) fn read(answer: Result<HttpAnswer, HttpError>) -> Result<(), PortError> {
    let answer = answer.map_err(|error| unavailable(error.to_string()))?;
    match answer.status() {
        207 => match answer.json::<IngestAnswer>() {
            Ok(answer) => Err(refused(&answer.refused)),
            Err(error) => Err(unavailable(error.to_string())),
        },
        // A proxy in between may answer so too, without saying which items it means.
        400 | 422 | 429
            if let Ok(problem) = answer.json::<Problem>()
                && !problem.errors.is_empty() =>
        {
            Err(refused(&problem.errors))
        }
        // The caller sends smaller parts.
        413 => {
            Err(PortError::Rejected { what: BUS, reason: "is larger than its ingest takes (413)".to_owned() })
        }
        401 | 403 => {
            let status = answer.status();
            let advice = "check token_file in [backends.ingest]: its token needs the scope ingest";
            Err(unavailable(format!("it does not accept the token ({status}); {advice}")))
        }
        404 | 405 => Err(unavailable(format!(
            "there is no ingest at this URL ({}); check bus in [backends]",
            answer.status()
        ))),
        _ => answer.success().map(drop).map_err(|error| unavailable(error.to_string())),
    }
}

/// The items that were refused; more may be refused when the others are sent again. Without indices the batch is refused
/// as a whole.
fn refused(refusals: &[Refusal]) -> PortError {
    let first = refusals.first();
    let reason =
        first.map_or_else(|| "gives no reason".to_owned(), |it| format!("{}: {}", it.field, it.reason));
    let mut items: Vec<_> = refusals.iter().filter_map(|refusal| refusal.index).collect();
    items.dedup();
    if items.is_empty() {
        return PortError::Rejected { what: BUS, reason };
    }
    PortError::ItemsRejected { what: BUS, reason, items }
}

fn unavailable(reason: String) -> PortError {
    PortError::Unavailable { what: BUS, reason }
}
