//! Answers of a software authenticator, right and wrong in one part each, and any bytes.

#[path = "../../../testkit/src/authenticator.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "shared with the integration tests"
)]
mod authenticator;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_fuzz::fuzz;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::assertion::Signed;
use super::*;
use authenticator::{BACKED_UP, BACKUP_ELIGIBLE, Saying, SoftPasskey, USER_PRESENT, USER_VERIFIED, encode};

const CHALLENGE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const ORIGIN: &str = "https://auth.example";

fn relying_party() -> RelyingParty {
    RelyingParty::of_test(ORIGIN)
}

fn saying() -> Saying {
    Saying::at(ORIGIN, "auth.example")
}

fn options() -> Value {
    let user = NewUser { handle: "aGFuZGxl", name: "sam", display_name: "Sam" };
    creation_options(&relying_party(), user, CHALLENGE, &[])
}

fn registered(answer: &Value) -> Result<NewCredential, WebauthnError> {
    register(answer.to_string().as_bytes(), CHALLENGE, &relying_party())
}

/// A registered passkey, and what is stored of it.
fn passkey() -> (SoftPasskey, NewCredential) {
    let (passkey, answer) = SoftPasskey::create(&options(), &saying());
    let stored = registered(&answer).unwrap();
    (passkey, stored)
}

fn verified(answer: &Value, stored: &NewCredential, counter: u32) -> Result<Signed, WebauthnError> {
    let known = KnownCredential {
        public_key: &stored.public_key,
        user_handle: "aGFuZGxl",
        counter,
        is_backup_eligible: stored.is_backup_eligible,
    };
    let assertion = Assertion::parse(answer.to_string().as_bytes())?;
    assert_eq!(assertion.credential_id(), stored.id);
    assertion.verify(CHALLENGE, known, &relying_party())
}

#[test]
fn a_passkey_is_asked_for_with_verification_and_without_attestation() {
    let options = options();
    let selection = &options["authenticatorSelection"];
    assert_eq!(
        (&selection["userVerification"], &selection["residentKey"]),
        (&json!("required"), &json!("required"))
    );
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["rp"]["id"], "auth.example");
    let request = request_options(&relying_party(), CHALLENGE);
    assert_eq!(
        (&request["allowCredentials"], &request["userVerification"]),
        (&json!([]), &json!("required"))
    );
}

#[test]
fn a_passkey_that_is_registered_signs_in() {
    let (passkey, stored) = passkey();
    let answer = passkey.answer(CHALLENGE, &saying());
    let signed = verified(&answer, &stored, 0).unwrap();
    assert_eq!(signed, Signed { counter: 0, is_counter_back: false, is_backed_up: false });
}

/// Each saying that both ceremonies must refuse.
fn refused() -> Vec<(WebauthnError, Saying)> {
    use WebauthnError::*;
    let with = |change: fn(&mut Saying)| {
        let mut saying = saying();
        change(&mut saying);
        saying
    };
    vec![
        (WrongOrigin, with(|saying| saying.origin = "https://auth.example:8443".into())),
        (WrongOrigin, with(|saying| saying.origin = "https://login.auth.example".into())),
        (WrongOrigin, with(|saying| saying.origin = "http://auth.example".into())),
        (CrossOrigin, with(|saying| saying.client_data = vec![("crossOrigin", json!(true))])),
        (CrossOrigin, with(|saying| saying.client_data = vec![("topOrigin", json!("https://evil.example"))])),
        (WrongRelyingParty, with(|saying| saying.rp_id = "example".into())),
        (UserNotPresent, with(|saying| saying.flags = USER_VERIFIED)),
        (UserNotVerified, with(|saying| saying.flags = USER_PRESENT)),
        (BackupState, with(|saying| saying.flags |= BACKED_UP)),
        (WrongType, with(|saying| saying.client_data = vec![("type", json!("payment.get"))])),
        (WrongChallenge, with(|saying| saying.client_data = vec![("challenge", json!("AAEC"))])),
    ]
}

#[test]
fn what_both_ceremonies_refuse() {
    let (passkey, stored) = passkey();
    for (expected, saying) in refused() {
        let answer = passkey.attest(CHALLENGE, &saying);
        assert_eq!(registered(&answer), Err(expected), "registration: {saying:?}");
        let answer = passkey.answer(CHALLENGE, &saying);
        assert_eq!(verified(&answer, &stored, 0), Err(expected), "authentication: {saying:?}");
    }
    // One ceremony's answer is none of the other's.
    let mut answer = passkey.answer(CHALLENGE, &saying());
    answer["response"]["clientDataJSON"] =
        passkey.attest(CHALLENGE, &saying())["response"]["clientDataJSON"].clone();
    assert_eq!(verified(&answer, &stored, 0), Err(WebauthnError::WrongType));
}

#[test]
fn another_user_key_or_signature_is_refused() {
    let (mut passkey, stored) = passkey();
    let (other, _) = super::tests::passkey();
    let mut answer = passkey.answer(CHALLENGE, &saying());
    answer["response"]["signature"] = other.answer(CHALLENGE, &saying())["response"]["signature"].clone();
    assert_eq!(verified(&answer, &stored, 0), Err(WebauthnError::WrongSignature));
    // What is signed cannot be changed.
    let mut answer = passkey.answer(CHALLENGE, &saying());
    let later = Saying { counter: 9, ..saying() };
    answer["response"]["authenticatorData"] =
        passkey.answer(CHALLENGE, &later)["response"]["authenticatorData"].clone();
    assert_eq!(verified(&answer, &stored, 0), Err(WebauthnError::WrongSignature));

    let mut answer = passkey.answer(CHALLENGE, &saying());
    answer["response"]["userHandle"] = Value::Null;
    assert_eq!(verified(&answer, &stored, 0), Err(WebauthnError::WrongUser));
    passkey.user_handle = b"another".to_vec();
    assert_eq!(verified(&passkey.answer(CHALLENGE, &saying()), &stored, 0), Err(WebauthnError::WrongUser));
}

#[test]
fn a_counter_must_rise_unless_there_is_none() {
    let (passkey, stored) = passkey();
    for (before, now, stays, is_back) in [
        (0, 0, 0, false),
        (0, 1, 1, false),
        (1, 2, 2, false),
        (7, 900, 900, false),
        (7, 7, 7, true),
        (7, 6, 7, true),
        (7, 0, 7, true),
        (u32::MAX, 0, u32::MAX, true),
    ] {
        let answer = passkey.answer(CHALLENGE, &Saying { counter: now, ..saying() });
        let signed = verified(&answer, &stored, before).unwrap();
        assert_eq!((signed.counter, signed.is_counter_back), (stays, is_back), "{before} to {now}");
    }
}

#[test]
fn whether_it_may_be_backed_up_never_changes() {
    let flags = USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE;
    let eligible = Saying { flags, ..saying() };
    let (passkey, answer) = SoftPasskey::create(&options(), &eligible);
    let stored = registered(&answer).unwrap();
    assert!(stored.is_backup_eligible && !stored.is_backed_up);
    let synced = Saying { flags: flags | BACKED_UP, ..saying() };
    assert!(verified(&passkey.answer(CHALLENGE, &synced), &stored, 0).unwrap().is_backed_up);
    assert_eq!(verified(&passkey.answer(CHALLENGE, &saying()), &stored, 0), Err(WebauthnError::BackupState));
}

#[test]
fn an_id_that_is_not_the_credentials_is_refused() {
    let (_, mut answer) = SoftPasskey::create(&options(), &saying());
    answer["rawId"] = json!("AAEC");
    assert_eq!(registered(&answer), Err(WebauthnError::Malformed("answer")));
}

/// The attestation object of an answer, with other bytes in it.
fn attested(change: impl Fn(&mut Vec<u8>)) -> Result<NewCredential, WebauthnError> {
    let (_, mut answer) = SoftPasskey::create(&options(), &saying());
    let object = answer["response"]["attestationObject"].as_str().unwrap();
    let mut object = URL_SAFE_NO_PAD.decode(object).unwrap();
    change(&mut object);
    answer["response"]["attestationObject"] = json!(encode(&object));
    registered(&answer)
}

#[test]
fn keys_of_other_algorithms_and_points_off_the_curve_are_refused() {
    let cose = [0xa5, 0x01, 0x02, 0x03, 0x26];
    let find = |object: &[u8]| object.windows(5).position(|bytes| bytes == cose).unwrap();
    let at = |offset: usize, byte: u8| {
        attested(move |object| {
            let start = find(object);
            object[start + offset] = byte;
        })
    };
    assert!(at(0, 0xa5).is_ok());
    // ES384 is -35, which is longer; -8 is EdDSA, for which this is no key; -6 is none.
    assert_eq!(at(4, 0x27), Err(WebauthnError::InvalidKey));
    assert_eq!(at(4, 0x25), Err(WebauthnError::WrongAlgorithm));
    assert_eq!(at(6, 0x02), Err(WebauthnError::InvalidKey), "P-384");
    assert_eq!(at(2, 0x01), Err(WebauthnError::InvalidKey), "OKP");
    let flipped = attested(|object| {
        let start = find(object);
        object[start + 12] ^= 1;
    });
    assert_eq!(flipped, Err(WebauthnError::InvalidKey), "not on the curve");
}

#[test]
fn cbor_that_goes_on_or_nests_without_end_is_refused() {
    let malformed = Err(WebauthnError::Malformed("attestation object"));
    assert_eq!(attested(|object| object.push(0)), malformed);
    assert_eq!(attested(Vec::clear), malformed);
    assert_eq!(attested(|object| *object = vec![0x81; 100_000]), malformed);
    assert_eq!(
        attested(|object| *object = [0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff].to_vec()),
        malformed
    );
    assert_eq!(
        attested(|object| *object = [0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff].to_vec()),
        malformed
    );
    // A member that comes twice.
    let twice = attested(|object| {
        object[0] = 0xa4;
        object.extend([0x63, b'f', b'm', b't', 0x60]);
    });
    assert_eq!(twice, malformed);
}

#[test]
fn json_of_another_form_is_refused() {
    let (_, answer) = SoftPasskey::create(&options(), &saying());
    for (path, value) in [
        ("rawId", json!("A=")),
        ("rawId", json!(7)),
        ("type", json!("password")),
        ("response", json!([])),
        ("response", json!({})),
    ] {
        let mut answer = answer.clone();
        answer[path] = value;
        assert_eq!(registered(&answer), Err(WebauthnError::Malformed("answer")), "{path}");
    }
    for body in ["", "[]", "null", "{", "{}"] {
        assert!(register(body.as_bytes(), CHALLENGE, &relying_party()).is_err(), "{body}");
        assert!(Assertion::parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn webauthn() {
    fuzz("webauthn", 2, try_webauthn);
}

/// Whether the input is the answer of a browser. Its client data are taken as they are: what is
/// behind the check of the challenge is to be reached.
fn try_webauthn(input: &[u8]) -> bool {
    let challenge = challenge_of(input).unwrap_or_default();
    let relying_party = relying_party();
    let is_registered = register(input, &challenge, &relying_party).is_ok_and(|credential| {
        let again = register(input, &challenge, &relying_party).unwrap();
        assert_eq!(credential, again);
        assert!(register(input, "another", &relying_party).is_err());
        true
    });
    let is_signed = Assertion::parse(input).is_ok_and(|assertion| {
        assert!(!assertion.credential_id().is_empty());
        // A key that has signed nothing of this.
        let (_, stored) = passkey();
        let known = KnownCredential {
            public_key: &stored.public_key,
            user_handle: "aGFuZGxl",
            counter: 0,
            is_backup_eligible: false,
        };
        assert!(assertion.verify(&challenge, known, &relying_party).is_err());
        true
    });
    is_registered || is_signed
}

fn challenge_of(input: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(input).ok()?;
    let data = URL_SAFE_NO_PAD.decode(answer["response"]["clientDataJSON"].as_str()?).ok()?;
    let data: Value = serde_json::from_slice(&data).ok()?;
    Some(data["challenge"].as_str()?.to_owned())
}

proptest! {
    #[test]
    fn any_authenticator_data_are_read_or_refused(data in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = authenticator_data::AuthenticatorData::parse(&data);
        let _ = public_key::PublicKey::parse(&data);
    }

    #[test]
    fn no_changed_bit_of_what_is_signed_is_accepted(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let (passkey, stored) = passkey();
        for member in ["authenticatorData", "clientDataJSON", "signature"] {
            let mut answer = passkey.answer(CHALLENGE, &saying());
            let mut bytes = URL_SAFE_NO_PAD.decode(answer["response"][member].as_str().unwrap()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            answer["response"][member] = json!(encode(&bytes));
            prop_assert!(verified(&answer, &stored, 0).is_err());
        }
    }
}
