//! Takes a branch on a secret.

fn main() {
    secret_flow::leak();
}
