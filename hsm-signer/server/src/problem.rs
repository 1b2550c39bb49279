//! Every reason to refuse a caller: one row for each, with what to do.
//!
//! Problems travel as problem details (RFC 9457). `code` never changes its meaning;
//! clients decide by it, people read `detail` and `action`.

use mls_signer_api::ProblemDetails;
use mls_signer_audit::store::StoreError;
use mls_signer_engine::EngineError;
use mls_signer_token::Error;
use mls_signer_token::failure::Nature;

/// One kind of problem.
#[derive(Debug)]
pub struct ProblemKind {
    /// The stable code.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, for every problem of the kind.
    pub title: &'static str,
    /// What the caller should do.
    pub action: &'static str,
    /// Seconds after which trying again makes sense; `None` if it never does.
    pub retry_after: Option<u32>,
}

macro_rules! kinds {
    ($($name:ident, $code:literal, $status:literal, $retry:expr, $title:literal, $action:literal;)*) => {
        $(
            #[doc = $title]
            pub static $name: ProblemKind = ProblemKind {
                code: $code,
                status: $status,
                title: $title,
                action: $action,
                retry_after: $retry,
            };
        )*
        /// All kinds.
        pub static KINDS: &[&ProblemKind] = &[$(&$name),*];
    };
}

kinds! {
    MALFORMED, "malformed-request", 400, None,
        "The request is not as the API describes it.",
        "Correct the request; /openapi.json describes it.";
    TENANT_NEEDED, "tenant-needed", 400, None,
        "The caller has several tenants and named none.",
        "Name the tenant: \"tenant\" in the body, ?tenant= in a query, --tenant on the command line.";
    CALLER_UNKNOWN, "caller-unknown", 403, None,
        "The service does not know who is calling.",
        "Have the operator add the user id or the certificate's name to a caller of the configuration.";
    CERTIFICATE_REFUSED, "certificate-refused", 403, None,
        "The certificate by which the connection was made counts no more.",
        "Connect again with a certificate that is valid, or ask the operator about its revocation.";
    NOT_PERMITTED, "not-permitted", 403, None,
        "The caller may not do this.",
        "Have the operator add the permission to the caller.";
    TENANT_REFUSED, "tenant-refused", 403, None,
        "The caller has no such tenant.",
        "Name a tenant of the caller, or have the operator add it.";
    SCHEME_REFUSED, "scheme-refused", 403, None,
        "The caller may not use this signature scheme.",
        "Use another scheme, or have the operator allow it.";
    GROUP_REFUSED, "group-refused", 403, None,
        "The caller may not remove members of this group.",
        "Check the group id, or have the operator allow its prefix.";
    NOT_FOUND, "not-found", 404, None,
        "There is nothing at this path.",
        "Correct the path; /openapi.json lists them.";
    KEY_UNKNOWN, "key-unknown", 404, None,
        "The tenant has no such key.",
        "Check the public key that the group names against /v1/keys; a retired key signs nothing.";
    METHOD_REFUSED, "method-not-allowed", 405, None,
        "The path does not know this method.",
        "Use a method that /openapi.json lists for the path.";
    BODY_SLOW, "body-too-slow", 408, None,
        "The request's body did not arrive in time.",
        "Send the whole body at once.";
    BODY_LARGE, "body-too-large", 413, None,
        "The request's body is too large.",
        "Split the batch.";
    BATCH_LARGE, "batch-too-large", 413, None,
        "The batch has more removals than the caller may send at once.",
        "Split the batch.";
    MEDIA_TYPE, "unsupported-media-type", 415, None,
        "The body is not declared to be JSON as it is.",
        "Send Content-Type: application/json, and no Content-Encoding.";
    RATE, "rate-exceeded", 429, Some(1),
        "The caller asks for more removals a second than it may.",
        "Wait for as long as Retry-After says, and send less at once.";
    CALLER_BUSY, "caller-busy", 429, Some(1),
        "The caller has as much under way as it may.",
        "Read the answers to earlier requests, and wait for those that are not there yet.";
    FAILED, "internal-failure", 500, None,
        "The service failed in a way that it does not know.",
        "Report it to the operator; the service's log has the reason.";
    SIGNING_FAILED, "signing-failed", 502, None,
        "The HSM did not make a signature that can be released.",
        "Report it to the operator: GET /v1/keys has under refused each key that cannot be used, with the reason, and the service's log has it too. mls-hsm-signer doctor examines what is in the token, and knows nothing of a key that is no more in the token.";
    OVERLOADED, "overloaded", 503, Some(1),
        "The service has as much work as it may.",
        "Try again after the time that Retry-After says; the same request gets the same answer.";
    STOPPING, "stopping", 503, Some(1),
        "The service is being stopped.",
        "Try again, at another instance if there is one.";
    HSM_OUT, "hsm-unavailable", 503, Some(2),
        "No token of the tenant can sign at present.",
        "Try again after the time that Retry-After says; the service recovers by itself.";
    TOKEN_REFUSED, "token-refused", 503, Some(60),
        "A token refused the login, and what no other token can sign is not signed until a person has acted.",
        "Tell the operator: correct the PIN or have it unlocked, then reload the service (SIGHUP). It does not recover by itself.";
    NO_KEY, "no-removal-key", 503, Some(60),
        "The token answers, and none of its removal keys is left that can be used.",
        "Tell the operator: GET /v1/keys has under refused each key that cannot be used, with the reason. mls-hsm-signer doctor examines what is in the token, and knows nothing of a key that is no more in the token. The service uses its keys once they are there again. Others that are made instead (mls-hsm-signer keys rotate --server PLACE) are taken over by a reload if no key had their labels before; with labels that the service knows, it needs a restart. Where the configuration has pinned_public_keys, the list must first have just the keys that are there, and the service be restarted.";
    STORE_OUT, "store-unavailable", 503, Some(2),
        "The database cannot keep a record, and nothing is released without one.",
        "Try again after the time that Retry-After says; the operator should see to the database.";
    LOG_REWRITTEN, "audit-log-rewritten", 503, Some(60),
        "The audit log in the database is not what the service wrote.",
        "Tell the operator at once: nothing is signed until a person has looked at the log.";
    LATE, "deadline-passed", 504, Some(1),
        "The time for the request was up before it was answered.",
        "Try again; what was signed meanwhile is answered at once.";
}

impl ProblemKind {
    /// A problem of this kind; `detail` says what is particular about it.
    pub fn because(&'static self, detail: impl Into<String>) -> Problem {
        Problem {
            kind: self,
            detail: detail.into(),
            retry_after: self.retry_after,
        }
    }
}

/// A problem that has occurred.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Its kind.
    pub kind: &'static ProblemKind,
    /// What is particular about it.
    pub detail: String,
    /// Seconds after which trying again makes sense; `None` if it never does.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// The form in which it travels.
    pub fn details(&self) -> ProblemDetails {
        ProblemDetails {
            urn: format!("urn:mls-hsm-signer:problem:{}", self.kind.code),
            title: self.kind.title.into(),
            status: self.kind.status,
            code: self.kind.code.into(),
            detail: self.detail.clone(),
            action: self.kind.action.into(),
            retry_after: self.retry_after,
        }
    }
}

impl From<&EngineError> for Problem {
    /// What a caller is told of the engine's failure. Names of tokens and codes of the HSM are
    /// for the operator's log.
    fn from(error: &EngineError) -> Self {
        match error {
            EngineError::DeadlinePassed { .. } => {
                LATE.because("the signature was not made in time")
            }
            EngineError::QueueFull => OVERLOADED.because("too many removals are waiting"),
            EngineError::LaneFull => CALLER_BUSY.because("the removals were not taken in"),
            EngineError::Unavailable { .. } => HSM_OUT.because("recovery is under way"),
            EngineError::Unasked { .. } => HSM_OUT.because("not every token has answered"),
            EngineError::Refused { .. } => {
                TOKEN_REFUSED.because("no token that lets the service in has the key")
            }
            EngineError::Stopped => STOPPING.because("the signature was not made"),
            EngineError::KeyUnknown { .. } => KEY_UNKNOWN.because("the tenant has no such key"),
            EngineError::MessageTooLong { .. } => MALFORMED.because("the group id is too long"),
            EngineError::Token(error) if let Error::Proposal(reason) = error.as_ref() => {
                MALFORMED.because(reason.clone())
            }
            EngineError::Token(error) if matches!(**error, Error::KeySetAside { .. }) => {
                SIGNING_FAILED.because("the key is set aside; it signs again once it is mended")
            }
            other if other.nature() == Nature::Permanent => {
                SIGNING_FAILED.because("trying again will not help")
            }
            _ => HSM_OUT.because("the token failed several times"),
        }
    }
}

impl From<StoreError> for Problem {
    /// What a caller is told of the store's failure; the reason is for the operator's log.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DeadlinePassed => LATE.because("the store did not answer in time"),
            StoreError::Full => OVERLOADED.because("too many removals are being signed"),
            StoreError::Rewritten { tenant, .. } => {
                LOG_REWRITTEN.because(format!("the log of tenant {tenant}; nothing was released"))
            }
            StoreError::Exchanged(_) => {
                LOG_REWRITTEN.because("the database's file was exchanged; nothing was released")
            }
            StoreError::Closed => STOPPING.because("the store is closed"),
            _ => STORE_OUT.because("nothing was released"),
        }
    }
}
