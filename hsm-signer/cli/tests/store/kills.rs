//! kill -9 at random points under load, on SQLite.

use std::time::Duration;

use crate::support::child::{Acknowledged, Random, Replica, assert_kept, merge};
use crate::support::{Place, TENANT, assert_sound};

/// How often, unless STORE_KILLS says otherwise.
const KILLS: u64 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let kills = std::env::var("STORE_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let place = Place::sqlite();
    let config = place.config();
    let mut all = Acknowledged::new();
    let mut random = Random(std::process::id().into());
    for round in 0..kills {
        let replica = Replica::start(&config, random.next() >> 8);
        replica.wait_for(1);
        std::thread::sleep(Duration::from_micros(random.next() % 60_000));
        merge(&mut all, replica.kill());
        if round % 10 == 9 || round + 1 == kills {
            let store = place.open().await;
            assert_kept(&store, &all).await;
            let chain = store.reader().chain(TENANT).await.unwrap().unwrap();
            assert!(chain.sequence >= all.len() as u64);
            assert_sound(&store, TENANT, chain.sequence).await;
            store.close().await;
        }
    }
    println!("{kills} kills, {} requests acknowledged", all.len());
    assert!(all.len() as u64 >= kills);
}
