//! The audit log of a tenant, for auditors: whoever reads it checks it with
//! `mls-hsm-signer audit verify`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Response;
use mls_signer_api::{
    AuditHead, AuditQuery, AuditRecord, AuditRecords, AuditStatement, AuditStatements,
    ProblemDetails, TenantQuery,
};
use mls_signer_message::encoding::{base64, hex};
use tokio::sync::SemaphorePermit;

use super::answer::json;
use super::extract::{Identified, MaybeQuery};
use super::room::room;
use crate::config::Permission;
use crate::core::Core;
use crate::problem::{CALLER_BUSY, MALFORMED, Problem};

/// The most records or statements in one answer.
const MAX_RECORDS: u32 = 1_000;

/// What a record or a statement takes in an answer, in bytes; of ML-DSA it is more.
const RECORD_BYTES: usize = 2 * 1024;

/// How long a caller's page may wait for those that it asked for before.
const PATIENCE: Duration = Duration::from_secs(5);

/// The caller's turn: it reads the log once at a time.
async fn turn(asks: &Identified) -> Result<SemaphorePermit<'_>, Problem> {
    let turn = tokio::time::timeout(PATIENCE, asks.caller.pages.acquire()).await;
    let turn = turn.ok().and_then(Result::ok);
    turn.ok_or_else(|| CALLER_BUSY.because("the caller reads the log many times at once"))
}

/// Where the tenant's chain begins and ends.
#[utoipa::path(
    get, path = "/v1/audit/head", tag = "audit", params(TenantQuery),
    responses(
        (status = 200, description = "The chain's ends", body = AuditHead),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Not at present", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn head(
    State(core): State<Arc<Core>>,
    identified: Identified,
    query: MaybeQuery<TenantQuery>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let tenant = identified.tenant(&core, Permission::ReadAudit, query.tenant.as_deref())?;
    let _turn = turn(&identified).await?;
    let head = match core.store.pages().chain(&tenant.name).await? {
        Some(chain) => AuditHead {
            tenant: chain.tenant,
            chain_id: hex(&chain.id),
            pruned: chain.pruned,
            sequence: chain.sequence,
            head: hex(&chain.head),
        },
        None => AuditHead {
            tenant: tenant.name.as_ref().into(),
            ..AuditHead::default()
        },
    };
    Ok(json(&head))
}

/// Records as they are stored and hashed, in order.
#[utoipa::path(
    get, path = "/v1/audit/records", tag = "audit", params(AuditQuery),
    responses(
        (status = 200, description = "The records after the one named", body = AuditRecords),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Not at present", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn records(
    State(core): State<Arc<Core>>,
    identified: Identified,
    query: MaybeQuery<AuditQuery>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let tenant = identified.tenant(&core, Permission::ReadAudit, query.tenant.as_deref())?;
    let (after, count) = page(&query)?;
    let _turn = turn(&identified).await?;
    let room = room(&core, &identified, count as usize * RECORD_BYTES)?;
    let pages = core.store.pages();
    let stored = pages.records(&tenant.name, after, count).await?;
    let records = stored.iter().map(|stored| AuditRecord {
        sequence: stored.sequence,
        record: base64(&stored.encoded),
        hash: hex(&stored.hash),
        message: base64(&stored.message),
        proposal_ref: base64(&stored.proposal_ref),
    });
    let mut answer = json(&AuditRecords {
        records: records.collect(),
    });
    answer.extensions_mut().insert(room);
    Ok(answer)
}

/// After which record, and how many.
fn page(query: &AuditQuery) -> Result<(u64, u32), Problem> {
    let count = query.count.unwrap_or(MAX_RECORDS);
    if count == 0 || count > MAX_RECORDS {
        return Err(MALFORMED.because(format!("count: 1 to {MAX_RECORDS}")));
    }
    let after = query.after.unwrap_or(0);
    if i64::try_from(after).is_err() {
        return Err(MALFORMED.because(format!("after: at most {}", i64::MAX)));
    }
    Ok((after, count))
}

/// What the HSM has said of the chain: checkpoints and prunings, signed.
#[utoipa::path(
    get, path = "/v1/audit/statements", tag = "audit", params(AuditQuery),
    responses(
        (status = 200, description = "The statements about records after the one named, by sequence number: as many as were asked for, and those about the same record as the last of them", body = AuditStatements),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Not at present", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn statements(
    State(core): State<Arc<Core>>,
    identified: Identified,
    query: MaybeQuery<AuditQuery>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let tenant = identified.tenant(&core, Permission::ReadAudit, query.tenant.as_deref())?;
    let (after, count) = page(&query)?;
    let _turn = turn(&identified).await?;
    let room = room(&core, &identified, count as usize * RECORD_BYTES)?;
    let pages = core.store.pages();
    let signed = pages.statements(&tenant.name, after, count).await?;
    let statements = signed.iter().map(|signed| AuditStatement {
        sequence: signed.statement.sequence,
        statement: base64(&signed.statement.encode()),
        public_key: base64(&signed.key.public_key),
        signature: base64(&signed.signature),
    });
    let mut answer = json(&AuditStatements {
        statements: statements.collect(),
    });
    answer.extensions_mut().insert(room);
    Ok(answer)
}
