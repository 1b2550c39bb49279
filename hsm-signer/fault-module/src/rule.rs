//! One line of the control file: which function, what happens, and on which calls.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use cryptoki_sys::CK_RV;

/// In a function's place: every function that needs the token.
const EVERY_FUNCTION: &str = "*";

/// The functions that `*` leaves alone: without them no module is ever usable.
const NEEDS_NO_TOKEN: [&str; 3] = ["C_Initialize", "C_Finalize", "C_GetInfo"];

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The call takes longer, by so many microseconds.
    Delay(u64),
    /// The call does not return while a rule says so.
    Hang,
    /// The process ends with SIGSEGV, as by a null pointer in a vendor's library.
    Crash,
    /// The code is returned; the real function is not called.
    Return(CK_RV),
    /// One bit of the signature that C_Sign made is wrong.
    Flip,
    /// C_Sign says that the signature has so many bytes.
    Length(u64),
    /// So many sessions may be open; one more is refused with CKR_SESSION_COUNT.
    Limit(u64),
    /// The last byte of every CKA_EC_POINT is wrong.
    Lie,
    /// The mechanism with this number is missing in C_GetMechanismList's list.
    Hide(u64),
    /// The user is logged out before the real function is called.
    Logout,
    /// The session is closed before the real function is called.
    Close,
    /// The call is written down.
    Log,
    /// What C_Sign is to sign is written down; see [`Faults::signed`](crate::Faults::signed).
    Keep,
    /// The process is described in a file; see [`Faults::described`](crate::Faults::described).
    Describe,
}

/// A rule: an [`Action`] on calls of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    function: String,
    action: Action,
    from: u64,
    every: u64,
    times: Option<u64>,
    until: Option<String>,
}

/// Why a line is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError(String);

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a rule: {}", self.0)
    }
}

impl std::error::Error for RuleError {}

impl Rule {
    /// `action` on every call of `function`, such as `C_Sign`; `C_Sign:size` is C_Sign
    /// when it is asked for a length, and `*` every function that needs the token.
    pub fn on(function: &str, action: Action) -> Self {
        Self {
            function: function.into(),
            action,
            from: 1,
            every: 1,
            times: None,
            until: None,
        }
    }

    /// The call takes longer by `time`, counted in whole microseconds.
    pub fn delay(function: &str, time: Duration) -> Self {
        let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Self::on(function, Action::Delay(microseconds))
    }

    /// The function returns `code`, such as `CKR_DEVICE_ERROR`, and does nothing.
    pub fn fail(function: &str, code: CK_RV) -> Self {
        Self::on(function, Action::Return(code))
    }

    /// Only on the n-th call and after it, counted from 1.
    pub fn from(self, call: u64) -> Self {
        Self {
            from: call.max(1),
            ..self
        }
    }

    /// Only on every n-th of the calls.
    pub fn every(self, calls: u64) -> Self {
        Self {
            every: calls.max(1),
            ..self
        }
    }

    /// Not more often than so many times.
    pub fn times(self, times: u64) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// Once only.
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// On the n-th call only, counted from 1.
    pub fn on_call(self, call: u64) -> Self {
        self.from(call).once()
    }

    /// Not any more once `function` is called.
    pub fn until(self, function: &str) -> Self {
        Self {
            until: Some(function.into()),
            ..self
        }
    }

    /// What it does.
    pub fn action(&self) -> Action {
        self.action
    }

    pub(crate) fn concerns(&self, function: &str) -> bool {
        let any = self.function == EVERY_FUNCTION && !NEEDS_NO_TOKEN.contains(&function);
        any || self.function == function
    }

    pub(crate) fn ends_at(&self, function: &str) -> bool {
        self.until.as_deref() == Some(function)
    }

    pub(crate) fn may_end(&self) -> bool {
        self.until.is_some()
    }

    /// Whether the rule must know which call it is.
    pub(crate) fn counts(&self) -> bool {
        self.from > 1 || self.every > 1 || self.times.is_some()
    }

    /// Whether it takes effect on the n-th call, counted from 1.
    pub(crate) fn fires_on(&self, call: u64) -> bool {
        let Some(since) = call.checked_sub(self.from) else {
            return false;
        };
        since.is_multiple_of(self.every) && self.times.is_none_or(|n| since / self.every < n)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.function)?;
        match self.action {
            Action::Delay(microseconds) => write!(f, "delay {microseconds}")?,
            Action::Hang => f.write_str("hang")?,
            Action::Crash => f.write_str("crash")?,
            Action::Return(code) => write!(f, "return {code:#x}")?,
            Action::Flip => f.write_str("flip")?,
            Action::Length(bytes) => write!(f, "length {bytes}")?,
            Action::Limit(sessions) => write!(f, "limit {sessions}")?,
            Action::Lie => f.write_str("lie")?,
            Action::Hide(kind) => write!(f, "hide {kind:#x}")?,
            Action::Logout => f.write_str("logout")?,
            Action::Close => f.write_str("close")?,
            Action::Log => f.write_str("log")?,
            Action::Keep => f.write_str("keep")?,
            Action::Describe => f.write_str("describe")?,
        }
        if self.from > 1 {
            write!(f, " from {}", self.from)?;
        }
        if self.every > 1 {
            write!(f, " every {}", self.every)?;
        }
        if let Some(times) = self.times {
            write!(f, " times {times}")?;
        }
        if let Some(function) = &self.until {
            write!(f, " until {function}")?;
        }
        Ok(())
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(line: &str) -> Result<Self, RuleError> {
        let wrong = || RuleError(line.into());
        let mut words = line.split_whitespace();
        let mut word = || words.next();
        let function = word().filter(|name| names_functions(name));
        let function = function.ok_or_else(wrong)?;
        let action = word().ok_or_else(wrong)?;
        let mut amount = || word().and_then(number).ok_or_else(wrong);
        let action = match action {
            "delay" => Action::Delay(amount()?),
            "hang" => Action::Hang,
            "crash" => Action::Crash,
            "return" => Action::Return(amount()? as CK_RV),
            "flip" => Action::Flip,
            "length" => Action::Length(amount()?),
            "limit" => Action::Limit(amount()?),
            "lie" => Action::Lie,
            "hide" => Action::Hide(amount()?),
            "logout" => Action::Logout,
            "close" => Action::Close,
            "log" => Action::Log,
            "keep" => Action::Keep,
            "describe" => Action::Describe,
            _ => return Err(wrong()),
        };
        let mut rule = Self::on(function, action);
        while let Some(condition) = words.next() {
            let value = words.next().ok_or_else(wrong)?;
            let count = || number(value).filter(|n| *n > 0).ok_or_else(wrong);
            rule = match condition {
                "from" => rule.from(count()?),
                "every" => rule.every(count()?),
                "times" => rule.times(count()?),
                "until" if names_functions(value) => rule.until(value),
                _ => return Err(wrong()),
            };
        }
        Ok(rule)
    }
}

fn names_functions(word: &str) -> bool {
    word.starts_with("C_") || word == EVERY_FUNCTION
}

fn number(word: &str) -> Option<u64> {
    match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_as_they_are_read() {
        for line in [
            "C_Sign delay 5000",
            "C_Sign hang times 1",
            "C_Sign crash from 3 every 2 times 4",
            "* return 0x30 until C_Initialize",
            "C_Sign:size return 0x5",
            "C_Sign flip",
            "C_Sign length 7",
            "C_OpenSession limit 4",
            "C_GetAttributeValue lie",
            "C_GetMechanismList hide 0x1057",
            "C_Sign logout",
            "C_Sign close",
            "C_Login log",
            "C_Sign keep",
            "C_Initialize describe",
        ] {
            assert_eq!(line.parse::<Rule>().unwrap().to_string(), line);
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for line in [
            "",
            "C_Sign",
            "Sign hang",
            "C_Sign explode",
            "C_Sign delay",
            "C_Sign delay soon",
            "C_Sign hang times",
            "C_Sign hang times 0",
            "C_Sign hang sometimes 1",
            "C_Sign hang until tomorrow",
        ] {
            assert!(line.parse::<Rule>().is_err(), "{line}");
        }
    }

    #[test]
    fn a_rule_fires_on_the_calls_it_names() {
        let fired = |rule: Rule| (1..=10).filter(|n| rule.fires_on(*n)).collect::<Vec<u64>>();
        let hang = || Rule::on("C_Sign", Action::Hang);
        assert_eq!(fired(hang()).len(), 10);
        assert_eq!(fired(hang().once()), [1]);
        assert_eq!(fired(hang().on_call(4)), [4]);
        assert_eq!(fired(hang().from(9)), [9, 10]);
        assert_eq!(fired(hang().from(2).every(3).times(2)), [2, 5]);
    }

    #[test]
    fn every_function_means_those_that_need_the_token() {
        let all = Rule::fail("*", 0x30);
        assert!(all.concerns("C_Sign") && all.concerns("C_OpenSession"));
        assert!(!all.concerns("C_Initialize") && !all.concerns("C_Finalize"));
    }
}
