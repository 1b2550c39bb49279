//! What the rules do to one call of one function.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cryptoki_sys::{CK_RV, CK_SESSION_HANDLE, CKR_OK, CKR_SESSION_COUNT};

use crate::control::{self, Ruling};
use crate::input;
use crate::output::{self, Output};
use crate::real::real;
use crate::rule::Action;

/// Sessions that are open, for [`Action::Limit`].
static SESSIONS: AtomicU64 = AtomicU64::new(0);

/// What is to happen instead of the real function.
pub(crate) enum Effect {
    Forward,
    Return(CK_RV),
}

/// One call of one function; its arguments as machine words.
pub(crate) struct Call<'a> {
    function: &'static str,
    arguments: &'a [usize],
    rules: Arc<Vec<Ruling>>,
}

impl<'a> Call<'a> {
    pub fn begin(function: &'static str, arguments: &'a [usize]) -> Self {
        let rules = control::rules();
        rules.iter().for_each(|ruling| ruling.pass(function));
        Self {
            function,
            arguments,
            rules,
        }
    }

    /// C_Sign's question for a length has a name of its own.
    fn name(&self) -> &'static str {
        if self.function == "C_Sign" && output::is_size_query(self.arguments) {
            "C_Sign:size"
        } else {
            self.function
        }
    }

    fn rules(&self) -> impl Iterator<Item = &Ruling> {
        let name = self.name();
        self.rules
            .iter()
            .filter(move |ruling| ruling.rule.concerns(name))
    }

    /// What happens before the real function. Where it is to be called, one more session
    /// is counted for C_OpenSession.
    ///
    /// # Safety
    /// The arguments must be those of a call that has not returned.
    pub unsafe fn before(&self) -> Effect {
        let mut limit = u64::MAX;
        for ruling in self.rules() {
            match ruling.rule.action() {
                Action::Log => control::log(self.function),
                // SAFETY: the caller's promise.
                Action::Keep => unsafe { self.keep() },
                Action::Describe => control::describe(),
                Action::Delay(microseconds) if ruling.fires() => {
                    std::thread::sleep(Duration::from_micros(microseconds));
                }
                Action::Hang if ruling.fires() => self.hang(),
                Action::Crash if ruling.fires() => crash(),
                Action::Return(code) if ruling.fires() => return Effect::Return(code),
                Action::Logout if ruling.fires() => self.log_out(),
                Action::Close if ruling.fires() => self.close(),
                Action::Limit(sessions) => limit = limit.min(sessions),
                _ => {}
            }
        }
        if self.function == "C_OpenSession" && !counted_session(limit) {
            return Effect::Return(CKR_SESSION_COUNT);
        }
        Effect::Forward
    }

    /// Writes down what C_Sign is to sign.
    ///
    /// # Safety
    /// As [`before`](Self::before).
    unsafe fn keep(&self) {
        if self.name() == "C_Sign" {
            // SAFETY: it is C_Sign, and the caller promises the rest.
            control::keep(unsafe { input::to_sign(self.arguments) });
        }
    }

    /// What happens after the real function returned `code`.
    ///
    /// # Safety
    /// The arguments must be those with which the real function was called.
    pub unsafe fn after(&self, code: CK_RV) -> CK_RV {
        self.uncount_sessions(code);
        if code != CKR_OK {
            return code;
        }
        let output = Output::of(self.name(), self.arguments);
        for ruling in self.rules() {
            match ruling.rule.action() {
                // SAFETY: the function succeeded, so its output is there.
                Action::Flip if ruling.fires() => unsafe { output.flip() },
                // SAFETY: as above.
                Action::Length(length) if ruling.fires() => unsafe { output.set_length(length) },
                // SAFETY: as above.
                Action::Lie if ruling.fires() => unsafe { output.lie() },
                // SAFETY: as above.
                Action::Hide(kind) if ruling.fires() => unsafe { output.hide(kind) },
                _ => {}
            }
        }
        code
    }

    fn uncount_sessions(&self, code: CK_RV) {
        match (self.function, code == CKR_OK) {
            ("C_OpenSession", false) | ("C_CloseSession", true) => uncount_session(),
            ("C_CloseAllSessions" | "C_Finalize", true) => SESSIONS.store(0, Ordering::SeqCst),
            _ => {}
        }
    }

    /// Until no rule says so any more.
    fn hang(&self) {
        let name = self.name();
        while control::rules().iter().any(|ruling| ruling.holds(name)) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The session, which is the first argument of the functions that have one.
    fn session(&self) -> CK_SESSION_HANDLE {
        self.arguments[0] as CK_SESSION_HANDLE
    }

    fn log_out(&self) {
        if let Some(log_out) = real().and_then(|list| list.C_Logout) {
            // SAFETY: takes any number and refuses what is no session.
            unsafe { log_out(self.session()) };
        }
    }

    fn close(&self) {
        if let Some(close) = real().and_then(|list| list.C_CloseSession) {
            // SAFETY: takes any number and refuses what is no session.
            if unsafe { close(self.session()) } == CKR_OK {
                uncount_session();
            }
        }
    }
}

/// Counts one more session, if there may be one.
fn counted_session(limit: u64) -> bool {
    let one_more = |open| (open < limit).then_some(open + 1);
    let counted = SESSIONS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more);
    counted.is_ok()
}

fn uncount_session() {
    let one_less = |open: u64| Some(open.saturating_sub(1));
    let _ = SESSIONS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
}

/// As a null pointer does in a vendor's library. Rust's own handler of the signal, where
/// there is one, gives up at the first and lets the second end the process.
fn crash() -> ! {
    loop {
        // SAFETY: raising a signal has no preconditions.
        unsafe { libc::raise(libc::SIGSEGV) };
    }
}
