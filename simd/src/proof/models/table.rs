//! The models as a table, so that a test can replace one by another that is wrong.

use std::cell::RefCell;

use super::{
    super::{engine::Symbol, words::Word},
    *,
};

/// The models of the instructions that the vector backends use.
#[derive(Clone, Copy)]
pub(crate) struct Model<W> {
    pub(crate) vpaddq: fn(W, W) -> W,
    pub(crate) vpsubq: fn(W, W) -> W,
    pub(crate) vpmuludq: fn(W, W) -> W,
    pub(crate) vpmadd52luq: fn(W, W, W) -> W,
    pub(crate) vpmadd52huq: fn(W, W, W) -> W,
    pub(crate) vpand: fn(W, W) -> W,
    pub(crate) vpor: fn(W, W) -> W,
    pub(crate) vpxor: fn(W, W) -> W,
    pub(crate) vpsllq: fn(W, u32) -> W,
    pub(crate) vpsrlq: fn(W, u32) -> W,
    pub(crate) vpsraq: fn(W, u32) -> W,
    pub(crate) vpsllvq: fn(W, W) -> W,
    pub(crate) vpsrlvq: fn(W, W) -> W,
    pub(crate) vpcmpeqq: fn(W, W) -> bool,
    pub(crate) vptestmq: fn(W, W) -> bool,
    pub(crate) vptestnmq: fn(W, W) -> bool,
    pub(crate) vpblendmq: fn(bool, W, W) -> W,
    pub(crate) vpblendvb: fn(W, W, bool) -> W,
    pub(crate) vpsubq_mask: fn(W, bool, W, W) -> W,
    pub(crate) vpternlogq_not_mask: fn(W, bool) -> W,
    pub(crate) vpermt2q: fn(W, &[W; 16]) -> W,
    pub(crate) vpermd: fn(W, &[W; 8]) -> W,
}

impl<W: Word> Model<W> {
    /// The models as they are.
    pub(crate) const RIGHT: Self = Self {
        vpaddq,
        vpsubq,
        vpmuludq,
        vpmadd52luq,
        vpmadd52huq,
        vpand,
        vpor,
        vpxor,
        vpsllq,
        vpsrlq,
        vpsraq,
        vpsllvq,
        vpsrlvq,
        vpcmpeqq,
        vptestmq,
        vptestnmq,
        vpblendmq,
        vpblendvb,
        vpsubq_mask,
        vpternlogq_not_mask,
        vpermt2q,
        vpermd,
    };
}

thread_local! {
    static IN_USE: RefCell<Model<Symbol>> = const { RefCell::new(Model::RIGHT) };
}

impl Model<Symbol> {
    /// The models that symbolic words are computed with.
    pub(crate) fn in_use() -> Self {
        IN_USE.with_borrow(|model| *model)
    }

    /// Computes with other models, in this thread.
    pub(crate) fn put_in_use(self) {
        IN_USE.set(self);
    }
}
