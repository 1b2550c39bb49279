//! The field files of the vector backends over symbolic words: one lane stands for all, since
//! no operation mixes lanes.

pub(crate) mod avx2;
pub(crate) mod avx512ifma;
