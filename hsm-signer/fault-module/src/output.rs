//! What a function wrote for its caller, changed so that it is wrong.

use cryptoki_sys::{CK_ATTRIBUTE, CK_BYTE, CK_MECHANISM_TYPE, CK_ULONG, CKA_EC_POINT};

/// The places of C_Sign's arguments.
const SIGNATURE: usize = 3;
const SIGNATURE_LENGTH: usize = 4;

/// The places of C_GetAttributeValue's arguments.
const TEMPLATE: usize = 2;
const TEMPLATE_LENGTH: usize = 3;

/// The places of C_GetMechanismList's arguments.
const MECHANISMS: usize = 1;
const MECHANISM_COUNT: usize = 2;

/// Whether C_Sign with these arguments is asked for a length and not for a signature.
pub(crate) fn is_size_query(arguments: &[usize]) -> bool {
    arguments[SIGNATURE] == 0
}

/// The output of one call, by where its arguments point.
pub(crate) enum Output {
    /// C_Sign's question for a length.
    Size { length: *mut CK_ULONG },
    /// C_Sign's signature.
    Signature {
        bytes: *mut CK_BYTE,
        length: *mut CK_ULONG,
    },
    /// C_GetAttributeValue's attributes.
    Attributes {
        template: *mut CK_ATTRIBUTE,
        count: usize,
    },
    /// C_GetMechanismList's list; null where its length is asked for.
    Mechanisms {
        list: *mut CK_MECHANISM_TYPE,
        count: *mut CK_ULONG,
    },
    /// That of functions whose output is left alone.
    Other,
}

impl Output {
    /// The output of the function `name` with these arguments, which are machine words.
    pub fn of(name: &str, arguments: &[usize]) -> Self {
        match name {
            "C_Sign:size" => Self::Size {
                length: arguments[SIGNATURE_LENGTH] as *mut CK_ULONG,
            },
            "C_Sign" => Self::Signature {
                bytes: arguments[SIGNATURE] as *mut CK_BYTE,
                length: arguments[SIGNATURE_LENGTH] as *mut CK_ULONG,
            },
            "C_GetAttributeValue" => Self::Attributes {
                template: arguments[TEMPLATE] as *mut CK_ATTRIBUTE,
                count: arguments[TEMPLATE_LENGTH],
            },
            "C_GetMechanismList" => Self::Mechanisms {
                list: arguments[MECHANISMS] as *mut CK_MECHANISM_TYPE,
                count: arguments[MECHANISM_COUNT] as *mut CK_ULONG,
            },
            _ => Self::Other,
        }
    }

    /// Flips a bit of the signature.
    ///
    /// # Safety
    /// The arguments are those of a call that succeeded.
    pub unsafe fn flip(&self) {
        if let Self::Signature { bytes, .. } = *self {
            // SAFETY: C_Sign wrote a signature there; each has more than four bytes.
            unsafe { *bytes.add(3) ^= 4 };
        }
    }

    /// Says another length than the signature has.
    ///
    /// # Safety
    /// The arguments are those of a call that succeeded.
    pub unsafe fn set_length(&self, said: u64) {
        if let Self::Signature { length, .. } | Self::Size { length } = *self {
            // SAFETY: C_Sign wrote the length there.
            unsafe { *length = said as CK_ULONG };
        }
    }

    /// Takes a mechanism out of the list. Its length is said to be what it was before.
    ///
    /// # Safety
    /// The arguments are those of a call that succeeded.
    pub unsafe fn hide(&self, kind: u64) {
        let Self::Mechanisms { list, count } = *self else {
            return;
        };
        if list.is_null() {
            return;
        }
        // SAFETY: the function wrote that many mechanisms there.
        let all = unsafe { std::slice::from_raw_parts_mut(list, *count as usize) };
        let mut kept = 0;
        for place in 0..all.len() {
            if all[place] as u64 != kind {
                all[kept] = all[place];
                kept += 1;
            }
        }
        // SAFETY: the function wrote the count there.
        unsafe { *count = kept as CK_ULONG };
    }

    /// Changes the last byte of every CKA_EC_POINT.
    ///
    /// # Safety
    /// The arguments are those of a call that succeeded.
    pub unsafe fn lie(&self) {
        let Self::Attributes { template, count } = *self else {
            return;
        };
        for index in 0..count {
            // SAFETY: the caller passed that many attributes.
            let attribute = unsafe { &mut *template.add(index) };
            let length = attribute.ulValueLen as usize;
            if attribute.type_ == CKA_EC_POINT && !attribute.pValue.is_null() && length > 0 {
                // SAFETY: the function wrote a value of that length there.
                unsafe { *attribute.pValue.cast::<CK_BYTE>().add(length - 1) ^= 1 };
            }
        }
    }
}
