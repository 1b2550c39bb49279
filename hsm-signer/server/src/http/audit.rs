//! The audit log of a tenant, for auditors: whoever reads it checks it with
//! `mls-hsm-signer audit verify`.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use mls_signer_api::{
    AuditHead, AuditQuery, AuditRecord, AuditRecords, AuditStatement, AuditStatements,
    ProblemDetails, TenantQuery,
};
use mls_signer_message::encoding::{base64, hex};

use super::answer::json;
use super::extract::{Identified, MaybeQuery};
use crate::config::Permission;
use crate::core::Core;
use crate::problem::{MALFORMED, Problem};

/// The most records or statements in one answer.
const MAX_RECORDS: u32 = 1_000;

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
    let head = match core.store.reader().chain(&tenant.name).await? {
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
    let reader = core.store.reader();
    let stored = reader.records(&tenant.name, after, count).await?;
    let records = stored.iter().map(|stored| AuditRecord {
        sequence: stored.sequence,
        record: base64(&stored.encoded),
        hash: hex(&stored.hash),
        message: base64(&stored.message),
        proposal_ref: base64(&stored.proposal_ref),
    });
    Ok(json(&AuditRecords {
        records: records.collect(),
    }))
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
    let signed = core
        .store
        .reader()
        .statements(&tenant.name, after, count)
        .await?;
    let statements = signed.iter().map(|signed| AuditStatement {
        sequence: signed.statement.sequence,
        statement: base64(&signed.statement.encode()),
        public_key: base64(&signed.key.public_key),
        signature: base64(&signed.signature),
    });
    Ok(json(&AuditStatements {
        statements: statements.collect(),
    }))
}
