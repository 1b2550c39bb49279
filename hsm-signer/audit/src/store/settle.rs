//! The way of a batch of requests, in the only order that is safe.

use std::future::Future;
use std::time::Instant;

use super::claims::{Answer, Claim, Ours};
use super::error::StoreError;
use super::{Signed, Store};
use crate::request::RequestKey;

/// Why a request of [`Store::settle`] has no answer.
#[derive(Debug)]
pub enum Unsettled<E> {
    /// The caller's own reason.
    NotSigned(E),
    /// The store's.
    Store(StoreError),
}

impl Store {
    /// Has each request answered once: what was answered before gets the same bytes; what
    /// nobody else is signing is given to `sign`, by its place in `requests`, and committed;
    /// what another caller is signing is waited for. A result for each request, in order.
    ///
    /// `sign` gets the claims it is to sign, with their places, and gives for each place what
    /// is to be committed or why there is nothing; a place that it leaves out is not answered.
    /// It is called again when another caller gave up.
    pub async fn settle<E, S, F>(
        &self,
        requests: &[RequestKey],
        deadline: Instant,
        mut sign: S,
    ) -> Vec<Result<Answer, Unsettled<E>>>
    where
        S: FnMut(Vec<(usize, Ours)>) -> F,
        F: Future<Output = Vec<(usize, Result<Signed, E>)>>,
    {
        let mut results: Vec<Option<_>> = requests.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..requests.len()).collect();
        while !open.is_empty() {
            let asked: Vec<RequestKey> = open.iter().map(|at| requests[*at].clone()).collect();
            let mut ours = Vec::new();
            let mut theirs = Vec::new();
            for (at, claim) in open.drain(..).zip(self.claim(&asked, deadline).await) {
                match claim {
                    Ok(Claim::Answered(answer)) => results[at] = Some(Ok(answer)),
                    Ok(Claim::Ours(claim)) => ours.push((at, claim)),
                    Ok(Claim::Theirs(claim)) => theirs.push((at, claim)),
                    Err(error) => results[at] = Some(Err(Unsettled::Store(error))),
                }
            }
            if !ours.is_empty() {
                let signed = sign(ours).await;
                for (at, result) in self.commit_signed(signed).await {
                    results[at] = Some(result);
                }
            }
            for (at, claim) in theirs {
                match claim.wait(deadline).await {
                    Some(answer) => results[at] = Some(Ok(answer)),
                    None => open.push(at),
                }
            }
        }
        let unanswered = || Err(Unsettled::Store(StoreError::Closed));
        let results = results.into_iter();
        results
            .map(|result| result.unwrap_or_else(unanswered))
            .collect()
    }

    async fn commit_signed<E>(
        &self,
        signed: Vec<(usize, Result<Signed, E>)>,
    ) -> Vec<(usize, Result<Answer, Unsettled<E>>)> {
        let mut results = Vec::with_capacity(signed.len());
        let mut places = Vec::new();
        let mut entries = Vec::new();
        for (at, signed) in signed {
            match signed {
                Ok(signed) => {
                    places.push(at);
                    entries.push(signed);
                }
                Err(error) => results.push((at, Err(Unsettled::NotSigned(error)))),
            }
        }
        let committed = self.commit(entries).await.into_iter();
        let committed = committed.map(|result| result.map_err(Unsettled::Store));
        results.extend(places.into_iter().zip(committed));
        results
    }
}
