//! A pooler that gives each transaction another session is found when the store is opened.

use mls_hsm_signer::audit::store::Store;

use crate::support::Cluster;

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_transaction_mode_is_refused_at_the_start() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let pooler = cluster.pooler();
    for attempt in 0..3 {
        let refused = Store::open(&pooler.config(&database)).await;
        let error = refused.map(drop).unwrap_err().to_string();
        assert!(error.contains("session of its own"), "{attempt}: {error}");
    }
    assert_eq!(database.sql("SELECT to_regclass('record') IS NULL"), "t");
    Store::open(&database.config()).await.unwrap().close().await;
}
