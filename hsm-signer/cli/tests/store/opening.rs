//! Which databases are opened, and which refused.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use mls_hsm_signer::audit::store::{Store, StoreConfig, StoreError};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::support::{Cluster, Key, Place, TENANT, assert_sound, places, settle, soon};

async fn refusal(url: &str) -> StoreError {
    Store::open(&StoreConfig::new(url)).await.unwrap_err()
}

#[tokio::test]
async fn a_url_must_be_one_of_the_two_kinds_and_have_no_password() {
    for url in [
        "",
        "mysql://localhost/audit",
        "sqlite:",
        "sqlite::memory:",
        "sqlite:/tmp/audit.db?mode=memory",
        "postgres://[",
    ] {
        assert!(
            matches!(refusal(url).await, StoreError::Url { .. }),
            "{url}"
        );
    }
    for url in [
        "postgres://signer:secret@localhost/audit",
        "postgresql://signer@localhost/audit?password=secret",
        "postgres://signer@localhost/audit?sslmode=disable&password=secret",
    ] {
        let error = refusal(url).await;
        assert!(matches!(error, StoreError::PasswordInUrl), "{url}");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}

/// Whether a URL is taken, by what the host is and what protects the way to it.
#[test]
fn another_machine_is_asked_by_tls_that_proves_who_it_is() {
    let here = [
        "postgres://signer@localhost/audit",
        "postgres://signer@127.0.0.1/audit",
        "postgres://signer@[::1]:5432/audit",
        "postgres://signer@%2Frun%2Fpostgresql/audit",
        "postgres:///audit?host=/run/postgresql",
        "postgres://signer@database.example/audit?host=/run/postgresql",
    ];
    let away = [
        "postgres://signer@database.example/audit",
        "postgres://signer@192.0.2.1/audit",
        "postgres://signer@[2001:db8::1]/audit",
        "postgres://localhost/audit?host=database.example",
        "postgres://localhost/audit?hostaddr=192.0.2.1",
        "postgres://signer@localhost.example/audit",
        "postgres://signer@0.0.0.0/audit",
    ];
    let with = |url: &str, mode: &str| {
        let mark = if url.contains('?') { '&' } else { '?' };
        StoreConfig::new(format!("{url}{mark}sslmode={mode}"))
    };
    for url in here {
        StoreConfig::new(url).check().unwrap();
        with(url, "disable").check().unwrap();
    }
    for url in away {
        let error = StoreConfig::new(url).check().unwrap_err().to_string();
        assert!(error.contains("sslmode=verify-full"), "{url}: {error}");
        assert!(error.contains("plain_connection = true"), "{url}: {error}");
        for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
            with(url, mode).check().unwrap_err();
        }
        with(url, "verify-full").check().unwrap();
        let plain = |config| StoreConfig {
            plain_connection: true,
            ..config
        };
        plain(StoreConfig::new(url)).check().unwrap();
        plain(with(url, "disable")).check().unwrap();
        plain(with(url, "require")).check().unwrap_err();
    }
}

/// The environment can name another machine too.
#[test]
fn a_host_from_the_environment_counts() {
    let verify = |variable: &str, host: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mls-hsm-signer"));
        command.args(["audit", "verify", "--store", "postgres:///audit"]);
        let output = command.env(variable, host).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    for (variable, host) in [("PGHOST", "database.example"), ("PGHOSTADDR", "192.0.2.1")] {
        let error = verify(variable, host);
        assert!(error.contains("sslmode=verify-full"), "{variable}: {error}");
    }
    let error = verify("PGHOST", "/nowhere");
    assert!(!error.contains("sslmode"), "{error}");
}

/// A root, and a certificate of it for `localhost` with its key; all in PEM.
fn certified() -> [String; 3] {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let certificate = root.self_signed(&root_key).unwrap().pem();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
    [certificate, own.pem(), key.serialize_pem()]
}

/// TLS to PostgreSQL is built in, and believes nobody but who the roots name.
#[tokio::test]
async fn postgresql_is_asked_over_tls_and_must_be_who_it_says() {
    let [root, certificate, key] = certified();
    let directory = tempfile::tempdir().unwrap();
    let [good, foreign] = ["good", "foreign"].map(|name| directory.path().join(name));
    std::fs::write(&good, root).unwrap();
    std::fs::write(&foreign, &certified()[0]).unwrap();
    let database = Cluster::start_with_tls(&certificate, &key).database();
    let verified = |host: &str, roots: &Path| {
        let parameters = format!("sslmode=verify-full&sslrootcert={}", roots.display());
        database.config_at(host, &parameters)
    };
    let store = Store::open(&verified("localhost", &good)).await.unwrap();
    settle(&store, &Key::p256(), 1).await;
    let sql = "SELECT count(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
               WHERE ssl AND application_name LIKE 'mls-hsm-signer%'";
    assert_eq!(database.sql(sql), "t");
    store.close().await;
    for (host, roots) in [("localhost", &foreign), ("127.0.0.1", &good)] {
        let error = Store::open(&verified(host, roots)).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{host}: {error}");
    }
}

#[tokio::test]
async fn roots_without_a_certificate_are_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().display();
    let url = format!("postgres://x@database.example/x?sslmode=verify-full&sslrootcert={path}");
    let error = refusal(&url).await.to_string();
    assert!(error.contains("there is no certificate in it"), "{error}");
}

#[tokio::test]
async fn a_second_process_on_one_sqlite_file_is_refused() {
    let place = Place::sqlite();
    let store = place.open().await;
    let error = Store::open(&place.config()).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    store.close().await;
    place.open().await.close().await;
}

/// One who reads a SQLite database as it is now for as long as it likes, such as a long backup.
pub async fn begin_reading(place: &Place) -> sqlx::SqliteConnection {
    use sqlx::ConnectOptions;
    let options = sqlx::sqlite::SqliteConnectOptions::new();
    let options = options.filename(place.file()).read_only(true);
    let mut reader = options.connect().await.unwrap();
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    records_seen(&mut reader).await;
    reader
}

async fn records_seen(reader: &mut sqlx::SqliteConnection) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM record");
    count.fetch_one(reader).await.unwrap()
}

#[tokio::test]
async fn a_reader_keeps_no_store_from_being_opened() {
    use sqlx::Connection;
    let place = Place::sqlite();
    let key = Key::p256();
    let store = place.open().await;
    settle(&store, &key, 1).await;
    let mut reader = begin_reading(&place).await;
    let answer = settle(&store, &key, 2).await;
    store.close().await;
    let store = place.open().await;
    assert_eq!(settle(&store, &key, 2).await, answer);
    settle(&store, &key, 3).await;
    assert_eq!(records_seen(&mut reader).await, 1);
    reader.close().await.unwrap();
    assert_sound(&store, TENANT, 3).await;
    store.close().await;
    let log = place.file().with_file_name("audit.db-wal");
    assert_eq!(std::fs::metadata(log).map_or(0, |log| log.len()), 0);
    let store = place.open().await;
    assert_sound(&store, TENANT, 3).await;
    store.close().await;
}

#[tokio::test]
async fn only_the_owner_can_read_the_sqlite_files() {
    let place = Place::sqlite();
    let store = place.open().await;
    settle(&store, &Key::p256(), 1).await;
    let mut count = 0;
    for entry in std::fs::read_dir(place.file().parent().unwrap()).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        count += 1;
    }
    assert_eq!(count, 4, "database, log, its index, lock");
    store.close().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let sql = "INSERT INTO _sqlx_migrations \
         SELECT 4711, description, installed_on, success, checksum, 0 FROM _sqlx_migrations";
    for place in places() {
        place.open().await.close().await;
        change(&place, sql).await;
        assert_too_new(&place).await;
    }
}

async fn assert_too_new(place: &Place) {
    let error = Store::open(&place.config()).await.unwrap_err();
    assert!(
        matches!(error, StoreError::TooNew { found: 4711 }),
        "{error}"
    );
}

#[tokio::test]
async fn a_schema_that_is_not_the_program_s_is_refused() {
    for place in places() {
        place.open().await.close().await;
        change(
            &place,
            "UPDATE _sqlx_migrations SET checksum = substr(checksum, 2) WHERE version = 1",
        )
        .await;
        let error = Store::open(&place.config()).await.unwrap_err();
        assert!(matches!(error, StoreError::Migration(_)), "{error}");
    }
}

/// The schema as programs made it that kept a list of migrations of their own.
fn old_schema(place: &Place) -> String {
    let (begin, schema, hash) = match place {
        Place::Sqlite(_) => (
            "CREATE TABLE migration (version INTEGER NOT NULL PRIMARY KEY, hash BLOB NOT NULL) STRICT",
            include_str!("../../../audit/migrations/sqlite/0001_audit.sql"),
            "x'07b4a3cdce4daa7fdb4fafb0d3fdcb66e0b1a701899d5352a34975fc0da9f1f0'",
        ),
        Place::Postgres(_) => (
            "CREATE TABLE migration (version BIGINT NOT NULL PRIMARY KEY, hash BYTEA NOT NULL)",
            include_str!("../../../audit/migrations/postgres/0001_audit.sql"),
            "'\\xf9cee5706ff3d8a1a77e9d7ff4963f5ba579a4098ad450e4f7940caccd9098af'",
        ),
    };
    format!("{begin}; {schema} INSERT INTO migration VALUES (1, {hash})")
}

#[tokio::test]
async fn a_database_of_an_older_program_is_taken_over_with_its_log() {
    let key = Key::p256();
    for place in places() {
        change(&place, &old_schema(&place)).await;
        let store = place.open().await;
        let answer = settle(&store, &key, 1).await;
        store.close().await;
        // As that program would have left it: only its own list is there.
        change(&place, "DROP TABLE _sqlx_migrations").await;
        let store = place.open().await;
        assert_eq!(settle(&store, &key, 1).await, answer);
        settle(&store, &key, 2).await;
        assert_sound(&store, TENANT, 2).await;
        store.close().await;
        place.open().await.close().await;
        change(
            &place,
            "INSERT INTO migration SELECT 4711, hash FROM migration",
        )
        .await;
        assert_too_new(&place).await;
    }
}

#[tokio::test]
async fn a_database_of_an_older_program_with_another_schema_is_refused() {
    for place in places() {
        change(&place, &old_schema(&place)).await;
        change(&place, "UPDATE migration SET hash = substr(hash, 2)").await;
        let error = Store::open(&place.config()).await.unwrap_err();
        assert!(matches!(error, StoreError::Migration(_)), "{error}");
    }
}

/// Changes a database behind the store's back.
pub async fn change(place: &Place, sql: &str) {
    match place {
        Place::Sqlite(_) => edit(place, sql).await,
        Place::Postgres(database) => drop(database.sql(sql)),
    }
}

/// Changes a SQLite database behind the store's back.
pub async fn edit(place: &Place, sql: &str) {
    use sqlx::{ConnectOptions, Connection, Executor};
    let options = sqlx::sqlite::SqliteConnectOptions::new();
    let options = options.filename(place.file()).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    let statement = sqlx::AssertSqlSafe(sql.to_owned());
    connection.execute(statement).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_migrate_once() {
    let place = Place::postgres();
    let starting = (0..8).map(|_| {
        let config = place.config();
        tokio::spawn(async move { Store::open(&config).await })
    });
    let mut stores = Vec::new();
    for starting in starting.collect::<Vec<_>>() {
        stores.push(starting.await.unwrap().unwrap());
    }
    let key = Key::p256();
    for store in &stores {
        settle(store, &key, 1).await;
    }
    assert_eq!(key.signatures(), 1);
    assert_sound(&stores[7], TENANT, 1).await;
    for store in stores {
        store.close().await;
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_told() {
    let place = Place::postgres();
    let directory = tempfile::tempdir().unwrap();
    let mut config = place.config();
    let path = directory.path().join("password");
    std::fs::write(&path, "wrong horse\n").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    config.password_file = Some(path.clone());
    let error = Store::open(&config).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert!(!format!("{error} {error:?} {config:?}").contains("wrong horse"));
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    let error = Store::open(&config).await.unwrap_err();
    assert!(matches!(error, StoreError::Password(_)), "{error}");
}

/// A server or a role that would acknowledge before it is on the disk.
#[tokio::test]
async fn postgresql_is_made_to_sync() {
    let place = Place::postgres();
    let Place::Postgres(database) = &place else {
        unreachable!()
    };
    let name = database.sql("SELECT current_database()");
    database.sql(&format!(
        "ALTER DATABASE {name} SET synchronous_commit = off"
    ));
    let store = place.open().await;
    settle(&store, &Key::p256(), 1).await;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = \
         'mls-hsm-signer writer' AND datname = current_database()";
    assert_eq!(database.sql(sql), "1");
    store.close().await;
}

#[tokio::test]
async fn a_server_that_does_not_sync_is_refused() {
    let cluster = Cluster::start();
    let database = cluster.database();
    database.sql("ALTER SYSTEM SET fsync = off");
    database.sql("SELECT pg_reload_conf()");
    let until = soon();
    while database.sql("SHOW fsync") != "off" {
        assert!(std::time::Instant::now() < until);
    }
    let error = Store::open(&database.config()).await.unwrap_err();
    assert!(matches!(error, StoreError::NotDurable(_)), "{error}");
}
