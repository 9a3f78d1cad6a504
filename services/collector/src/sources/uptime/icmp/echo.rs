//! Echo messages: RFC 792 for IPv4, RFC 4443 for IPv6.

/// Type, code, checksum, identifier, sequence number.
const HEADER_BYTES: usize = 8;
/// What a request carries, so that no other reply is taken for its own.
const TOKEN_BYTES: usize = 8;
/// Most bytes of a reply that are read, with an IPv4 header of the largest size.
pub(super) const MAX_REPLY_BYTES: usize = 60 + HEADER_BYTES + 1500;

const REQUEST_V4: u8 = 8;
const REPLY_V4: u8 = 0;
const REQUEST_V6: u8 = 128;
const REPLY_V6: u8 = 129;

/// One request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Echo {
    sequence: u16,
    token: [u8; TOKEN_BYTES],
}

impl Echo {
    pub(super) fn new(sequence: u16) -> Self {
        Self { sequence, token: rand::random() }
    }

    /// The message. The kernel sets the identifier of an unprivileged socket, and every checksum but that of a raw socket
    /// for IPv4.
    pub(super) fn request(&self, is_v6: bool) -> Vec<u8> {
        let [high, low] = self.sequence.to_be_bytes();
        let identifier = [self.token[0], self.token[1]];
        let mut message = vec![if is_v6 { REQUEST_V6 } else { REQUEST_V4 }, 0, 0, 0];
        message.extend(identifier);
        message.extend([high, low]);
        message.extend(self.token);
        if !is_v6 {
            let checksum = checksum(&message).to_be_bytes();
            message[2..4].copy_from_slice(&checksum);
        }
        message
    }

    /// Whether a received packet is the reply to this request.
    pub(super) fn is_answered_by(&self, packet: &[u8], is_v6: bool, has_header: bool) -> bool {
        let message = if has_header { behind_header(packet) } else { packet };
        let Some((header, data)) = message.split_at_checked(HEADER_BYTES) else { return false };
        header[0] == if is_v6 { REPLY_V6 } else { REPLY_V4 }
            && header[6..8] == self.sequence.to_be_bytes()
            && data == self.token
    }
}

/// What follows the header of an IPv4 packet, whose first byte has its length in words.
fn behind_header(packet: &[u8]) -> &[u8] {
    let words = packet.first().map_or(0, |first| usize::from(first & 0x0f));
    packet.get(words * 4..).unwrap_or_default()
}

/// RFC 1071, of an even number of bytes.
fn checksum(message: &[u8]) -> u16 {
    let words = message.chunks_exact(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reply(echo: Echo, is_v6: bool) -> Vec<u8> {
        let mut message = echo.request(is_v6);
        message[0] = if is_v6 { REPLY_V6 } else { REPLY_V4 };
        message
    }

    #[test]
    fn a_checksum_is_that_of_the_rfc() {
        // The sum of a message with its checksum is all ones.
        assert_eq!(checksum(&Echo::new(1).request(false)), 0);
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
    }

    #[test]
    fn a_reply_is_known_by_its_type_sequence_and_token() {
        for is_v6 in [false, true] {
            let echo = Echo::new(7);
            assert!(echo.is_answered_by(&reply(echo, is_v6), is_v6, false));
            assert!(!echo.is_answered_by(&echo.request(is_v6), is_v6, false), "its own request, looped back");
            assert!(!echo.is_answered_by(&reply(Echo { sequence: 8, ..echo }, is_v6), is_v6, false));
            assert!(!echo.is_answered_by(&reply(Echo::new(7), is_v6), is_v6, false));
        }
        let echo = Echo::new(7);
        let mut packet = vec![0; 24];
        packet[0] = 0x46;
        packet.extend(reply(echo, false));
        assert!(echo.is_answered_by(&packet, false, true));
    }

    proptest! {
        #[test]
        fn any_packet_is_read_or_passed_over(packet: Vec<u8>, is_v6: bool, has_header: bool) {
            prop_assert!(!Echo::new(0).is_answered_by(&packet, is_v6, has_header));
        }
    }
}
