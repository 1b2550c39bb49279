//! CK_TOKEN_INFO, each field by itself.
//!
//! cryptoki drops the whole description where the token's clock is not written as PKCS#11 has
//! it, and with it the flags that guard the last try of the PIN. So it is asked for here, and the
//! clock, which nobody needs, is not.

use std::path::Path;

use cryptoki::slot::Slot;
use cryptoki_sys::{
    CK_FLAGS, CK_SLOT_ID, CK_TOKEN_INFO, CKF_CLOCK_ON_TOKEN, CKF_TOKEN_INITIALIZED,
    CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED, CKR_FUNCTION_NOT_SUPPORTED, CKR_OK, Pkcs11,
};

use crate::error::Error;
use crate::failure::Pkcs11Failure;
use crate::identity::TokenIdentity;

/// A module's C_GetTokenInfo.
pub(super) struct TokenDescriptions {
    ask: cryptoki_sys::CK_C_GetTokenInfo,
    /// Keeps the library where it is.
    _library: Pkcs11,
}

impl TokenDescriptions {
    /// That of the module at `path`, which is in this process already.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of(path: &Path) -> Result<Self, String> {
        // SAFETY: the library is loaded already, so that this runs none of its code.
        let library = unsafe { Pkcs11::new(path) }.map_err(|error| error.to_string())?;
        let give = library.C_GetFunctionList.as_ref();
        let give = give.map_err(ToString::to_string)?;
        let mut list = std::ptr::null_mut();
        // SAFETY: C_GetFunctionList may be called at any time (PKCS#11 2.40, section 5.4), and
        // writes the address of a list that stays.
        let code = unsafe { give(&mut list) };
        if code != CKR_OK || list.is_null() {
            return Err("it gives no list of its functions".into());
        }
        // SAFETY: the list is the module's own, and it stays as long as the library.
        let ask = unsafe { (*list).C_GetTokenInfo };
        Ok(Self {
            ask,
            _library: library,
        })
    }

    /// What the token in `slot` says of itself.
    ///
    /// # Errors
    /// What C_GetTokenInfo returned.
    pub fn of_slot(&self, slot: Slot) -> Result<TokenIdentity, Error> {
        let mut info = CK_TOKEN_INFO::default();
        let number = CK_SLOT_ID::from(slot);
        // SAFETY: the function is the module's, which `_library` keeps, and it writes one
        // CK_TOKEN_INFO.
        let code = self.ask.map_or(CKR_FUNCTION_NOT_SUPPORTED, |ask| unsafe {
            ask(number, &mut info)
        });
        match Pkcs11Failure::from_parts("C_GetTokenInfo".into(), code) {
            None => Ok(described(slot.id(), &info)),
            Some(failure) => Err(failure.into()),
        }
    }
}

fn described(slot: u64, info: &CK_TOKEN_INFO) -> TokenIdentity {
    let flags = info.flags;
    let has = |flag: CK_FLAGS| flags & flag != 0;
    TokenIdentity {
        slot,
        label: text(&info.label),
        serial: text(&info.serialNumber),
        manufacturer: text(&info.manufacturerID),
        model: text(&info.model),
        library: String::new(),
        firmware: (info.firmwareVersion.major, info.firmwareVersion.minor),
        initialised: has(CKF_TOKEN_INITIALIZED),
        pin_locked: has(CKF_USER_PIN_LOCKED),
        pin_final_try: has(CKF_USER_PIN_FINAL_TRY),
        unread: (has(CKF_CLOCK_ON_TOKEN) && !is_time(&info.utcTime))
            .then(|| format!("its clock says {:?}", text(&info.utcTime))),
    }
}

/// Sixteen digits (PKCS#11 2.40, section 3.2, utcTime).
fn is_time(clock: &[u8]) -> bool {
    clock.iter().all(u8::is_ascii_digit)
}

/// A field is padded with blanks; some modules pad with zero bytes.
fn text(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field);
    text.trim_end_matches([' ', '\0']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn padded<const N: usize>(text: &str, with: u8) -> [u8; N] {
        let mut field = [with; N];
        field[..text.len()].copy_from_slice(text.as_bytes());
        field
    }

    fn info(flags: CK_FLAGS, clock: &str) -> CK_TOKEN_INFO {
        CK_TOKEN_INFO {
            label: padded("removal", b' '),
            manufacturerID: padded("IBM", 0),
            flags,
            utcTime: padded(clock, b' '),
            ..CK_TOKEN_INFO::default()
        }
    }

    /// As opencryptoki 3.8 writes it.
    #[test]
    fn a_clock_that_cannot_be_read_hides_nothing_else() {
        let flags = CKF_CLOCK_ON_TOKEN | CKF_TOKEN_INITIALIZED | CKF_USER_PIN_FINAL_TRY;
        let token = described(3, &info(flags, "17:54:33"));
        assert_eq!((token.label.as_str(), token.slot), ("removal", 3));
        assert!(token.initialised && token.pin_final_try && !token.pin_locked);
        assert!(token.unread.unwrap().contains("\"17:54:33\""));
    }

    #[test]
    fn a_clock_that_can_be_read_and_none_at_all_are_not_mentioned() {
        let good = described(0, &info(CKF_CLOCK_ON_TOKEN, "2026113004000000"));
        let none = described(0, &info(CKF_USER_PIN_LOCKED, ""));
        assert_eq!((good.unread, none.unread), (None, None));
        assert!(none.pin_locked && !none.pin_final_try);
    }

    #[test]
    fn fields_end_before_their_padding() {
        let token = described(0, &info(0, ""));
        assert_eq!(
            (token.label.as_str(), token.manufacturer.as_str()),
            ("removal", "IBM")
        );
    }
}
