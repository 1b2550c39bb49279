//! The audit log of a tenant, for auditors: whoever reads it checks it with
//! `mls-hsm-signer audit verify`.

use mls_signer_message::encoding::base64;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::answer::json;
use super::calling::{Calling, Strict};
use crate::config::Permission;
use crate::core::Core;
use crate::problem::{MALFORMED, Problem};
use mls_signer_api::{
    AuditHead, AuditQuery, AuditRecord, AuditRecords, AuditStatement, AuditStatements,
    ProblemDetails, TenantQuery,
};
use mls_signer_message::encoding::hex;

/// The most records in one answer.
const MAX_RECORDS: u32 = 1_000;

/// Where the tenant's chain begins and ends.
#[utoipa::path(
    get,
    path = "/v1/audit/head",
    tag = "audit",
    params(TenantQuery),
    responses(
        (status = 200, description = "The chain's ends", body = AuditHead),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Not at present", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn head(
    State(core): State<Arc<Core>>,
    calling: Calling,
    Strict(query): Strict<TenantQuery>,
) -> Result<Response, Problem> {
    let tenant = calling.tenant(&core, Permission::ReadAudit, query.tenant.as_deref())?;
    let chain = core.store.reader().chain(&tenant.name).await;
    let chain = chain.map_err(|error| Problem::from(&error))?;
    let head = chain.map(|chain| AuditHead {
        tenant: chain.tenant,
        chain_id: hex(&chain.id),
        pruned: chain.pruned,
        sequence: chain.sequence,
        head: hex(&chain.head),
    });
    Ok(json(&head.unwrap_or_else(|| AuditHead {
        tenant: tenant.name.as_ref().into(),
        ..AuditHead::default()
    })))
}

/// Records as they are stored and hashed, in order.
#[utoipa::path(
    get,
    path = "/v1/audit/records",
    tag = "audit",
    params(AuditQuery),
    responses(
        (status = 200, description = "The records after the one named", body = AuditRecords),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Not at present", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn records(
    State(core): State<Arc<Core>>,
    calling: Calling,
    Strict(query): Strict<AuditQuery>,
) -> Result<Response, Problem> {
    let tenant = calling.tenant(&core, Permission::ReadAudit, query.tenant.as_deref())?;
    let count = query.count.unwrap_or(MAX_RECORDS);
    if count == 0 || count > MAX_RECORDS {
        return Err(MALFORMED.because(format!("count: 1 to {MAX_RECORDS}")));
    }
    let reader = core.store.reader();
    let records = reader
        .records(&tenant.name, query.after.unwrap_or(0), count)
        .await;
    let records = records.map_err(|error| Problem::from(&error))?;
    let record = |stored: &mls_signer_audit::StoredRecord| AuditRecord {
        sequence: stored.sequence,
        record: base64(&stored.encoded),
        hash: hex(&stored.hash),
        message: base64(&stored.message),
        proposal_ref: base64(&stored.proposal_ref),
    };
    Ok(json(&AuditRecords {
        records: records.iter().map(record).collect(),
    }))
}

/// What the HSM has said of the chain: checkpoints and prunings, signed.
#[utoipa::path(
    get,
    path = "/v1/audit/statements",
    tag = "audit",
    params(TenantQuery),
    responses(
        (status = 200, description = "All statements, by sequence number", body = AuditStatements),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Not at present", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn statements(
    State(core): State<Arc<Core>>,
    calling: Calling,
    Strict(query): Strict<TenantQuery>,
) -> Result<Response, Problem> {
    let tenant = calling.tenant(&core, Permission::ReadAudit, query.tenant.as_deref())?;
    let statements = core.store.reader().statements(&tenant.name).await;
    let statements = statements.map_err(|error| Problem::from(&error))?;
    let statement = |signed: &mls_signer_audit::SignedStatement| AuditStatement {
        sequence: signed.statement.sequence,
        statement: base64(&signed.statement.encode()),
        public_key: base64(&signed.key.public_key),
        signature: base64(&signed.signature),
    };
    Ok(json(&AuditStatements {
        statements: statements.iter().map(statement).collect(),
    }))
}
