//! Runs every backend on secret scalars.

fn main() {
    mls_lanes::Backend::available()
        .into_iter()
        .for_each(secret_flow::run);
}
