//! Maps errors of Kafka to port errors.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use watchkeeper_ports::PortError;

/// The dependency's name for operators.
const WHAT: &str = "bus";

/// Every error is transient except wrong configuration and size limits.
pub(crate) fn port_error(error: &KafkaError) -> PortError {
    let reason = error.to_string();
    match error {
        KafkaError::ClientCreation(_) | KafkaError::MessageConsumptionFatal(_) => broken(reason),
        _ => of_code(error.rdkafka_error_code(), reason),
    }
}

/// Maps an error code of librdkafka or the brokers.
pub(crate) fn of_code(code: Option<Code>, reason: String) -> PortError {
    match code {
        Some(
            Code::Fatal
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature
            | Code::UnsupportedAssignor
            | Code::InconsistentGroupProtocol
            | Code::InvalidGroupId
            | Code::InvalidPartitions
            | Code::InvalidReplicationFactor
            | Code::InvalidConfig
            | Code::PolicyViolation,
        ) => broken(reason),
        Some(Code::MessageSizeTooLarge | Code::InvalidTopic | Code::InvalidRecord) => rejected(reason),
        _ => unavailable(reason),
    }
}

/// Whether a consumer recovers from this error by itself. While all brokers are down it stays a member:
/// joining again would wait until the group has dropped the old member.
pub(crate) fn passes(error: &KafkaError) -> bool {
    let (KafkaError::MessageConsumption(code) | KafkaError::Global(code)) = error else { return false };
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::Resolve
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::NotCoordinator
            | Code::CoordinatorNotAvailable
            | Code::CoordinatorLoadInProgress
    )
}

/// Whether a consumer met records that it will never read: a record batch that is damaged or cannot be
/// decompressed. It would fetch the same batch for ever.
pub(crate) fn is_unreadable(error: &KafkaError) -> bool {
    let KafkaError::MessageConsumption(code) = error else { return false };
    matches!(
        code,
        Code::BadCompression
            | Code::BadMessage
            | Code::InvalidMessage
            | Code::MessageSizeTooLarge
            | Code::NotImplemented
    )
}

/// Whether a failed commit is worth retrying at once: it crossed a rebalance, of which the member is about to
/// hear.
pub(crate) fn is_settling(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(Code::RebalanceInProgress | Code::IllegalGeneration | Code::StaleMemberEpoch)
    )
}

pub(crate) fn unavailable(reason: impl Into<String>) -> PortError {
    PortError::Unavailable { what: WHAT, reason: reason.into() }
}

pub(crate) fn rejected(reason: impl Into<String>) -> PortError {
    PortError::Rejected { what: WHAT, reason: reason.into() }
}

pub(crate) fn broken(reason: impl Into<String>) -> PortError {
    PortError::Broken { what: WHAT, reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::Failure;

    #[test]
    fn an_error_is_waited_for_unless_waiting_cannot_help() {
        let failure = |error: KafkaError| port_error(&error).failure();
        assert_eq!(failure(KafkaError::MessageProduction(Code::MessageTimedOut)), Failure::Retry);
        assert_eq!(failure(KafkaError::MetadataFetch(Code::BrokerTransportFailure)), Failure::Retry);
        assert_eq!(failure(KafkaError::ConsumerCommit(Code::UnknownMemberId)), Failure::Retry);
        assert_eq!(failure(KafkaError::MessageProduction(Code::MessageSizeTooLarge)), Failure::Reject);
        assert_eq!(failure(KafkaError::MessageProduction(Code::TopicAuthorizationFailed)), Failure::Stop);
        assert_eq!(failure(KafkaError::MessageConsumptionFatal(Code::FencedInstanceId)), Failure::Stop);
    }

    #[test]
    fn a_consumer_gets_over_brokers_that_are_away_but_not_over_what_is_fatal() {
        assert!(passes(&KafkaError::MessageConsumption(Code::AllBrokersDown)));
        assert!(!passes(&KafkaError::MessageConsumption(Code::TopicAuthorizationFailed)));
        assert!(!passes(&KafkaError::MessageConsumptionFatal(Code::BrokerTransportFailure)));
    }
}
