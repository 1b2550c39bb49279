//! What a rule does to a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_BYTE, CK_RV, CK_ULONG, CKA_EC_POINT, CKR_OK, CKR_SESSION_COUNT,
};

use crate::control::{self, Action, Rule};

/// Sessions that are open, for `limit`.
static SESSIONS: AtomicU64 = AtomicU64::new(0);

/// What is to happen instead of the real function.
pub(crate) enum Effect {
    Forward,
    Return(CK_RV),
}

/// One call of one function.
pub(crate) struct Call<'a> {
    function: &'static str,
    arguments: &'a [usize],
    rules: Arc<Vec<Rule>>,
}

impl<'a> Call<'a> {
    pub fn begin(function: &'static str, arguments: &'a [usize]) -> Self {
        Self {
            function,
            arguments,
            rules: control::rules(),
        }
    }

    /// The rules for this function; C_Sign's question for a length has a name of its own.
    fn rules(&self) -> impl Iterator<Item = &Rule> {
        let asks_length = self.function == "C_Sign" && self.arguments[SIGNATURE] == 0;
        let wanted = move |rule: &&Rule| {
            if asks_length {
                rule.function == "C_Sign:size"
            } else {
                rule.function == self.function
            }
        };
        self.rules.iter().filter(wanted)
    }

    /// What happens before the real function.
    pub fn before(&self) -> Effect {
        for rule in self.rules() {
            match rule.action {
                Action::Log => control::log(self.function),
                Action::Describe => control::describe(),
                Action::Delay(microseconds) if rule.fires() => {
                    std::thread::sleep(Duration::from_micros(microseconds));
                }
                Action::Hang if rule.fires() => self.hang(),
                Action::Crash if rule.fires() => crash(),
                Action::Return(code) if rule.fires() => return Effect::Return(code as CK_RV),
                Action::Limit(limit) if SESSIONS.load(Ordering::SeqCst) >= limit => {
                    return Effect::Return(CKR_SESSION_COUNT);
                }
                _ => {}
            }
        }
        Effect::Forward
    }

    /// What happens after the real function returned `code`.
    ///
    /// # Safety
    /// The arguments must be those with which the real function was called.
    pub unsafe fn after(&self, code: CK_RV) -> CK_RV {
        self.count_sessions(code);
        for rule in self.rules().filter(|_| code == CKR_OK) {
            match rule.action {
                // SAFETY: the function succeeded, so its output is there.
                Action::Flip if rule.fires() => unsafe { self.flip() },
                // SAFETY: as above.
                Action::Length(length) if rule.fires() => unsafe { self.shorten(length) },
                // SAFETY: as above.
                Action::Lie if rule.fires() => unsafe { self.lie() },
                _ => {}
            }
        }
        code
    }

    fn count_sessions(&self, code: CK_RV) {
        match self.function {
            "C_OpenSession" if code == CKR_OK => {
                SESSIONS.fetch_add(1, Ordering::SeqCst);
            }
            "C_CloseSession" if code == CKR_OK => {
                let _ =
                    SESSIONS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
            }
            "C_CloseAllSessions" | "C_Finalize" if code == CKR_OK => {
                SESSIONS.store(0, Ordering::SeqCst);
            }
            _ => {}
        }
    }

    /// Until no rule says so any more.
    fn hang(&self) {
        let hangs =
            |rule: &Rule| rule.function == self.function && matches!(rule.action, Action::Hang);
        while control::rules().iter().any(hangs) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Flips a bit of the signature.
    ///
    /// # Safety
    /// The arguments are those of a C_Sign that succeeded.
    unsafe fn flip(&self) {
        if self.function != "C_Sign" || self.arguments[SIGNATURE] == 0 {
            return;
        }
        // SAFETY: C_Sign wrote the signature there, which is never empty.
        unsafe { *(self.arguments[SIGNATURE] as *mut CK_BYTE).add(3) ^= 4 };
    }

    /// Says another length than the signature has.
    ///
    /// # Safety
    /// The arguments are those of a C_Sign that succeeded.
    unsafe fn shorten(&self, length: u64) {
        if self.function == "C_Sign" {
            // SAFETY: C_Sign wrote the length there.
            unsafe { *(self.arguments[SIGNATURE_LENGTH] as *mut CK_ULONG) = length as CK_ULONG };
        }
    }

    /// Changes the last byte of every CKA_EC_POINT.
    ///
    /// # Safety
    /// The arguments are those of a C_GetAttributeValue that succeeded.
    unsafe fn lie(&self) {
        if self.function != "C_GetAttributeValue" {
            return;
        }
        let (template, count) = (self.arguments[2] as *mut CK_ATTRIBUTE, self.arguments[3]);
        for index in 0..count {
            // SAFETY: the caller passed that many attributes, and each value that is there
            // has the length that the function wrote.
            unsafe {
                let attribute = &mut *template.add(index);
                if attribute.type_ == CKA_EC_POINT
                    && !attribute.pValue.is_null()
                    && attribute.ulValueLen > 0
                {
                    *attribute
                        .pValue
                        .cast::<u8>()
                        .add(attribute.ulValueLen as usize - 1) ^= 1;
                }
            }
        }
    }
}

/// The places of C_Sign's arguments.
const SIGNATURE: usize = 3;
const SIGNATURE_LENGTH: usize = 4;

/// As a null pointer does in a vendor's library.
fn crash() {
    // SAFETY: raising a signal has no preconditions; this one ends the process.
    unsafe { libc::raise(libc::SIGSEGV) };
}
