//! PostgreSQL: any number of replicas on one database.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use mls_signer_message::encoding::hex;
use mls_signer_message::secret_file::{line, read_secret};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Postgres, Row as _};
use tokio::time::timeout;

use super::error::StoreError;
use super::migrations::migrate;
use super::rows::{Row, answers_sql};
use crate::request::Digest;

/// Connections that only read.
const READERS: u32 = 2;

/// How often a session is asked whether it is still the same.
const SEEN: usize = 4;

/// The longest password, in bytes.
const LONGEST_PASSWORD: usize = 1024;

/// Settings of every session. The keepalives let the server see within seconds that a
/// replica's machine is gone, and end its locks and transactions.
const SESSION: [(&str, &str); 4] = [
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
];

const MIGRATIONS: &[&str] = &[include_str!("../../migrations/postgres/0001_audit.sql")];

/// What a URL without a password says of a server; `plain` means without TLS.
pub(super) fn options(url: &str, plain: bool) -> Result<PgConnectOptions, StoreError> {
    // The parser's error may quote what it could not parse.
    let options: PgConnectOptions = url
        .parse()
        .map_err(|_| StoreError::Url("it is no PostgreSQL URL"))?;
    let mode = options.get_ssl_mode();
    let wants_tls = matches!(
        mode,
        PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull
    );
    if plain && wants_tls {
        return Err(StoreError::Url("sslmode contradicts plain_connection"));
    }
    if plain {
        return Ok(options.ssl_mode(PgSslMode::Disable));
    }
    if is_on_this_machine(&options) || matches!(mode, PgSslMode::VerifyFull) {
        return Ok(options);
    }
    Err(StoreError::Unprotected(options.get_host().into()))
}

/// Whether the server is reached by a Unix socket or a loopback address, wherever the host comes
/// from: the URL, its parameters, or the environment.
fn is_on_this_machine(options: &PgConnectOptions) -> bool {
    let host = options.get_host().trim_matches(['[', ']']);
    let address: Option<IpAddr> = host.parse().ok();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.to_canonical().is_loopback())
}

/// The same with the password in the file, once the roots are known to be there.
pub(super) fn with_secrets(
    options: PgConnectOptions,
    password_file: Option<&Path>,
) -> Result<PgConnectOptions, StoreError> {
    check_roots(&options)?;
    Ok(match password_file {
        Some(path) => options.password(password(path)?.expose_secret()),
        None => options,
    })
}

/// sqlx takes a file without certificates for one that adds none to the public roots.
fn check_roots(options: &PgConnectOptions) -> Result<(), StoreError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let url = options.to_url_lossy();
    let mut parameters = url.query_pairs();
    let roots = parameters.find(|(name, _)| name == "sslrootcert");
    // Otherwise they stand in the parameter itself.
    let Some(path) = roots
        .as_ref()
        .and_then(|(_, roots)| roots.strip_prefix("file: "))
    else {
        return Ok(());
    };
    let read = std::fs::read_to_string(path);
    let text = read.map_err(|error| StoreError::Roots(format!("{path}: {error}")))?;
    if text.contains(BEGIN) {
        return Ok(());
    }
    Err(StoreError::Roots(format!(
        "{path}: there is no certificate in it, in PEM"
    )))
}

fn password(path: &Path) -> Result<SecretString, StoreError> {
    let bytes = read_secret(path, LONGEST_PASSWORD)?;
    let text = line(&bytes, LONGEST_PASSWORD).map_err(|fault| {
        StoreError::Password(format!(
            "{} {fault}; it must hold 1 to {LONGEST_PASSWORD} bytes of UTF-8 on one line",
            path.display()
        ))
    })?;
    Ok(SecretString::from(text))
}

/// Opens a database to write, its schema brought up to date.
pub(super) async fn connect(
    options: &PgConnectOptions,
    patience: Duration,
) -> Result<PgConnection, StoreError> {
    let mut connection = session(options, "writer").connect().await?;
    assert_session(&mut connection, options).await?;
    assert_durable(&mut connection).await?;
    let listed = "SELECT to_regclass('migration') IS NOT NULL";
    migrate!(connection, MIGRATIONS, listed);
    limit(&mut connection, patience).await?;
    Ok(connection)
}

/// Ends a connection. One that broke has nothing to say goodbye to, and might be waited for.
pub(super) async fn close(connection: PgConnection) {
    let closed = timeout(Duration::from_secs(1), connection.close()).await;
    if closed.is_err() {
        tracing::warn!("the database did not answer when it was left");
    }
}

pub(super) use close as finish;

/// Whether a connection is a session of its own. A pooler in transaction mode gives each
/// transaction whatever session is free: then what is set in this one is not there the next
/// time, or is there for another connection.
async fn assert_session(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<(), StoreError> {
    let mine = hex(&random()?);
    let set = format!("SELECT set_config('mls_hsm_signer.session', '{mine}', false)");
    ask(connection, set).await?;
    let mut other = session(options, "check").connect().await?;
    // It keeps the session that it is given, so that the first gets another one, if it can.
    ask(&mut other, "BEGIN; SELECT ''::text".into()).await?;
    let mut seen = vec![seen(&mut other).await? != mine];
    for _ in 0..SEEN {
        seen.push(self::seen(connection).await? == mine);
    }
    close(other).await;
    for _ in 0..SEEN {
        seen.push(self::seen(connection).await? == mine);
    }
    if seen.contains(&false) {
        return Err(StoreError::NoSession);
    }
    Ok(())
}

/// What was set in the session that answers.
async fn seen(connection: &mut PgConnection) -> Result<String, StoreError> {
    let sql = "SELECT coalesce(current_setting('mls_hsm_signer.session', true), '')";
    ask(connection, sql.into()).await
}

/// Asks without a prepared statement, which another session would not know.
async fn ask(connection: &mut PgConnection, sql: String) -> Result<String, StoreError> {
    let row = connection
        .fetch_one(sqlx::raw_sql(AssertSqlSafe(sql)))
        .await?;
    Ok(row.try_get(0)?)
}

fn random() -> Result<[u8; 16], StoreError> {
    let mut random = [0; 16];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|_| StoreError::Random)?;
    Ok(random)
}

/// A session of this program: its role is what the server's administrator sees.
pub(super) fn session(options: &PgConnectOptions, role: &str) -> PgConnectOptions {
    options
        .clone()
        .application_name(&format!("mls-hsm-signer {role}"))
        .options(SESSION)
        .disable_statement_logging()
}

/// A transaction that the server waits in longer than its caller does would hold the chain
/// from other replicas.
pub(super) async fn limit(
    connection: &mut PgConnection,
    patience: Duration,
) -> Result<(), StoreError> {
    let milliseconds = patience.as_millis().to_string();
    for setting in [
        "statement_timeout",
        "idle_in_transaction_session_timeout",
        "lock_timeout",
    ] {
        let query = sqlx::query("SELECT set_config($1, $2, false)");
        let query = query.bind(setting).bind(&milliseconds);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// COMMIT must mean that it is on the disk.
async fn assert_durable(connection: &mut PgConnection) -> Result<(), StoreError> {
    let sql = "SELECT current_setting('synchronous_commit'), current_setting('fsync')";
    let (commit, sync): (String, String) = sqlx::query_as(sql).fetch_one(&mut *connection).await?;
    if sync != "on" {
        return Err(StoreError::NotDurable("fsync is off".into()));
    }
    if commit != "remote_apply" {
        connection.execute("SET synchronous_commit = on").await?;
    }
    Ok(())
}

/// They are opened when they are needed.
pub(super) fn readers(options: &PgConnectOptions, patience: Duration) -> PgPool {
    PgPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(patience)
        .connect_lazy_with(session(options, "reader"))
}

pub(super) async fn back_up(_pool: &PgPool, _to: &Path) -> Result<(), StoreError> {
    let reason = "back PostgreSQL up with pg_dump, or with the server's own backups";
    Err(StoreError::BackUp(reason.into()))
}

pub(super) const BEGIN: &str = "BEGIN";

/// Sees the database as it is at the first statement, whatever other replicas do meanwhile.
pub(super) const BEGIN_READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The chains of the tenants in [`names`], locked.
pub(super) const CHAINS: &str = "SELECT tenant, id, pruned, anchor, sequence, head FROM chain \
     WHERE tenant = ANY($1) ORDER BY tenant FOR UPDATE";

/// The same, not locked.
pub(super) const CHAINS_NOW: &str = "SELECT tenant, id, pruned, anchor, sequence, head \
     FROM chain WHERE tenant = ANY($1) ORDER BY tenant";

/// The stored answers of the requests in [`digests`].
pub(super) const ANSWERS: &str = answers_sql!("record.request = ANY($1)");

pub(super) fn names(tenants: &[String]) -> &[String] {
    tenants
}

pub(super) fn digests(requests: &[Digest]) -> Vec<&[u8]> {
    requests.iter().map(|request| &request[..]).collect()
}

pub(super) fn add_rows(rows: &[Row]) -> Query<'_, Postgres, PgArguments> {
    let sql = "INSERT INTO record \
         (tenant, sequence, request, encoded, hash, message, proposal_ref) \
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[], \
         $5::bytea[], $6::bytea[], $7::bytea[])";
    sqlx::query(sql)
        .bind(column(rows, |row| row.tenant.as_str()))
        .bind(column(rows, |row| row.sequence))
        .bind(column(rows, |row| &row.request[..]))
        .bind(column(rows, |row| &row.encoded[..]))
        .bind(column(rows, |row| &row.hash[..]))
        .bind(column(rows, |row| &row.message[..]))
        .bind(column(rows, |row| &row.proposal_ref[..]))
}

fn column<'a, T>(rows: &'a [Row], value: impl Fn(&'a Row) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
