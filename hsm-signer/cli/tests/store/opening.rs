//! Which databases are opened, and which refused.

use std::os::unix::fs::PermissionsExt;

use mls_hsm_signer::audit::store::{Store, StoreConfig, StoreError};

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
    if cfg!(not(feature = "postgres-tls")) {
        let error = refusal("postgres://signer@localhost/audit?sslmode=verify-full").await;
        assert!(error.to_string().contains("postgres-tls"), "{error}");
    }
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
    let sql = "INSERT INTO migration SELECT 4711, hash FROM migration";
    for place in places() {
        place.open().await.close().await;
        match &place {
            Place::Sqlite(_) => {
                edit(&place, sql).await;
            }
            Place::Postgres(database) => {
                database.sql(sql);
            }
        }
        let error = Store::open(&place.config()).await.unwrap_err();
        assert!(
            matches!(error, StoreError::TooNew { found: 4711 }),
            "{error}"
        );
    }
}

/// Changes a SQLite database behind the store's back.
pub async fn edit(place: &Place, sql: &str) {
    use sqlx::{Connection, Executor};
    let url = format!("sqlite:{}", place.file().display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
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
