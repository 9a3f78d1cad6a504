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
