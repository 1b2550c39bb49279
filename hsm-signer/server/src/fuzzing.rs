//! The decoder of requests, open to fuzz targets.

use mls_signer_message::encoding::base64;

use crate::request::{MAX_GROUP_ID, WantedKey, decode, wanted};

/// Reads a request's body as the service does. Whatever is accepted must be the same request
/// after it was encoded and read again.
///
/// # Panics
/// When it does not.
pub fn decode_request(body: &[u8]) {
    let Ok(request) = decode(body) else {
        return;
    };
    for item in &request.removals {
        let Ok(read) = wanted(item) else {
            continue;
        };
        assert!((1..=MAX_GROUP_ID).contains(&read.removal.group_id.len()));
        assert_eq!(base64(&read.removal.group_id), item.group_id);
        if let WantedKey::Named(key, _) = &read.key {
            assert_eq!(Some(base64(key)), item.sender_public_key);
        }
    }
    let again = serde_json::to_vec(&request).map(|written| decode(&written));
    assert!(matches!(again, Ok(Ok(again)) if again == request));
}
