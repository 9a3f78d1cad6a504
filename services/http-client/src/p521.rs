//! ECDSA signatures on the curve P-521, which *ring* cannot verify: some private authorities use it.

use p521::ecdsa::signature::hazmat::PrehashVerifier as _;
use p521::ecdsa::{Signature, VerifyingKey};
use ring::digest::{self, Algorithm, digest};
use tokio_rustls::rustls::SignatureScheme;
use tokio_rustls::rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use tokio_rustls::rustls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

/// Bytes of a number of the curve's field.
const FIELD_BYTES: usize = 66;

/// P-521 with one hash.
#[derive(Debug)]
struct P521 {
    hash: &'static Algorithm,
    signature: AlgorithmIdentifier,
}

static SHA256: P521 = P521 { hash: &digest::SHA256, signature: alg_id::ECDSA_SHA256 };
static SHA384: P521 = P521 { hash: &digest::SHA384, signature: alg_id::ECDSA_SHA384 };
static SHA512: P521 = P521 { hash: &digest::SHA512, signature: alg_id::ECDSA_SHA512 };

/// Certificates may be signed with any of them; OpenSSL's default is SHA-256.
static ALL: [&dyn SignatureVerificationAlgorithm; 3] = [&SHA256, &SHA384, &SHA512];
/// Handshakes name the hash (RFC 8446, section 4.2.3).
static HANDSHAKES: [&dyn SignatureVerificationAlgorithm; 1] = [&SHA512];

/// The provider with these algorithms. They are never freed: call this once.
pub(crate) fn added_to(provider: CryptoProvider) -> CryptoProvider {
    let known = provider.signature_verification_algorithms;
    let mapping = [known.mapping, &[(SignatureScheme::ECDSA_NISTP521_SHA512, &HANDSHAKES)]].concat();
    let signature_verification_algorithms =
        WebPkiSupportedAlgorithms { all: [known.all, &ALL].concat().leak(), mapping: mapping.leak() };
    CryptoProvider { signature_verification_algorithms, ..provider }
}

impl SignatureVerificationAlgorithm for P521 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        // A hash is a number; with leading zeros it has the length that the library expects.
        let (hash, mut number) = (digest(self.hash, message), [0; FIELD_BYTES]);
        number[FIELD_BYTES - hash.as_ref().len()..].copy_from_slice(hash.as_ref());
        key.verify_prehash(&number, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of OpenSSL, and its signatures of `watchkeeper` with SHA-256, SHA-384 and SHA-512.
    const KEY: &str = "04014640dd96725e9dff05a4f05767a64cda13aad42ff629507d881f2875b19b59f171e2fb6f1f550be7869496672b51\
             523dda4f55a23560696552de77b197a4d4377c00c6a80abaa8a50a4401956b74fa4fa51a63ad01a225658a76a617cba0\
             a246c4ccc9eb486afbfa2ab8dce339649615b2677cbfa543cb9fd122277f5cf000ce64c473";
    const SIGNATURES: [&str; 3] = [
        "308188024201c64451498c14685b8168b297db30a79a347e44bc518944e40a051d7402f32374441fdf4ac05b4c8f0290\
             f026110f25463118a60bf031c393438cde51480fe02e5a024201335c540a0796637818231009e1b2a60dd0caa5fca8a0\
             be0a8ddd0fdea420eed27c3df052f321079e523a505d49d2397cd3c40c850b499a29c6dc56e4a56ae44a47",
        "308186024136f0c3f36966a1c569c7586e8478080d5375cabfcd1488b82d9e0c42575343a2cbaefcfadaf554feb92335\
             fb8ee0f808fe1bea01196df6d3f4a7a04449355ce35d02415294fdb885452366e130e15669eba4ab7604afcd8232a0d3\
             6ca7a1173ffcfb50319f6e1c9ad1724aa88e71a8f24de9c7455cbb9f55135cbda98692c30796e8bf91",
        "308187024200df5a9c713cb5bbb878305d0388326ba52106d99f8353f78ff5522b72625196be4bcc088b3f66217a9221\
             23e7e2a112191585377f45340473e5c4535753aff0f3fb02414ebdfee1f768e7df806cbda0ac2e8a9bbaaa7a4b76db81\
             c495eb86817bd62235e00530c541cca4322dd263c02abb436bec32974ecfa41dd198ef97798d7ba76397",
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        let byte = |index| u8::from_str_radix(&hex[index..index + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(byte).collect()
    }

    #[test]
    fn signatures_of_openssl_are_verified_with_every_hash() {
        let key = bytes(KEY);
        for (algorithm, signature) in ALL.iter().zip(SIGNATURES) {
            let verified = |message: &[u8], signature: &[u8]| {
                algorithm.verify_signature(&key, message, signature).is_ok()
            };
            let mut signature = bytes(signature);
            assert!(verified(b"watchkeeper", &signature), "{algorithm:?}");
            assert!(!verified(b"watchkeepers", &signature), "{algorithm:?}");
            *signature.last_mut().unwrap() ^= 1;
            assert!(!verified(b"watchkeeper", &signature), "{algorithm:?}");
        }
    }

    #[test]
    fn what_is_no_key_or_no_signature_verifies_nothing() {
        assert!(SHA512.verify_signature(b"key", b"watchkeeper", &bytes(SIGNATURES[2])).is_err());
        assert!(SHA512.verify_signature(&bytes(KEY), b"watchkeeper", b"signature").is_err());
    }
}
