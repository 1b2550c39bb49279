//! Every function of PKCS#11 2.40's function list, passed on with a fault in between.

use std::sync::OnceLock;

use cryptoki_sys::*;

use crate::call::{Call, Effect};
use crate::real::real;

/// For each function: a wrapper of the same signature, and its place in the list.
macro_rules! forward {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        $(
            #[allow(non_snake_case)]
            unsafe extern "C" fn $name($($argument: $kind),*) -> CK_RV {
                let Some(function) = real().and_then(|list| list.$name) else {
                    return CKR_FUNCTION_NOT_SUPPORTED;
                };
                let arguments = [$(as_word(&$argument)),*];
                let call = Call::begin(stringify!($name), &arguments);
                // SAFETY: they are this call's, which has not returned.
                if let Effect::Return(code) = unsafe { call.before() } {
                    return code;
                }
                // SAFETY: the caller's arguments, unchanged, for the function that they are
                // meant for; the caller keeps PKCS#11's promises about them.
                let code = unsafe { function($($argument),*) };
                // SAFETY: as above; the real function has just written what it returns.
                unsafe { call.after(code) }
            }
        )*

        /// The function list of the real module, each function that it has replaced by
        /// its wrapper.
        fn wrapped(real: &CK_FUNCTION_LIST) -> CK_FUNCTION_LIST {
            CK_FUNCTION_LIST {
                $($name: real.$name.map(|_| $name as _),)*
                ..*real
            }
        }
    };
}

static LIST: OnceLock<Option<CK_FUNCTION_LIST>> = OnceLock::new();

/// The functions that forward to the real module's.
pub(crate) fn list() -> Option<&'static CK_FUNCTION_LIST> {
    LIST.get_or_init(|| real().map(wrapped)).as_ref()
}

/// An argument as a machine word: PKCS#11 passes numbers and pointers only.
fn as_word<T: Copy>(argument: &T) -> usize {
    const { assert!(size_of::<T>() <= size_of::<usize>()) };
    let mut word = [0; size_of::<usize>()];
    // SAFETY: the source is a live value of that many bytes, of a type without padding
    // (numbers, pointers and functions); the target has room, checked above.
    unsafe {
        std::ptr::copy_nonoverlapping(
            std::ptr::from_ref(argument).cast::<u8>(),
            word.as_mut_ptr(),
            size_of::<T>(),
        );
    }
    usize::from_ne_bytes(word)
}

forward! {
    C_Initialize(a1: *mut std::ffi::c_void);
    C_Finalize(a1: *mut std::ffi::c_void);
    C_GetInfo(a1: *mut CK_INFO);
    C_GetSlotList(a1: CK_BBOOL, a2: *mut CK_SLOT_ID, a3: *mut CK_ULONG);
    C_GetSlotInfo(a1: CK_SLOT_ID, a2: *mut CK_SLOT_INFO);
    C_GetTokenInfo(a1: CK_SLOT_ID, a2: *mut CK_TOKEN_INFO);
    C_GetMechanismList(a1: CK_SLOT_ID, a2: *mut CK_MECHANISM_TYPE, a3: *mut CK_ULONG);
    C_GetMechanismInfo(a1: CK_SLOT_ID, a2: CK_MECHANISM_TYPE, a3: *mut CK_MECHANISM_INFO);
    C_InitToken(a1: CK_SLOT_ID, a2: *mut CK_UTF8CHAR, a3: CK_ULONG, a4: *mut CK_UTF8CHAR);
    C_InitPIN(a1: CK_SESSION_HANDLE, a2: *mut CK_UTF8CHAR, a3: CK_ULONG);
    C_SetPIN(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_UTF8CHAR,
        a3: CK_ULONG,
        a4: *mut CK_UTF8CHAR,
        a5: CK_ULONG
    );
    C_OpenSession(
        a1: CK_SLOT_ID,
        a2: CK_FLAGS,
        a3: *mut std::ffi::c_void,
        a4: CK_NOTIFY,
        a5: *mut CK_SESSION_HANDLE
    );
    C_CloseSession(a1: CK_SESSION_HANDLE);
    C_CloseAllSessions(a1: CK_SLOT_ID);
    C_GetSessionInfo(a1: CK_SESSION_HANDLE, a2: *mut CK_SESSION_INFO);
    C_GetOperationState(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: *mut CK_ULONG);
    C_SetOperationState(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: CK_OBJECT_HANDLE,
        a5: CK_OBJECT_HANDLE
    );
    C_Login(a1: CK_SESSION_HANDLE, a2: CK_USER_TYPE, a3: *mut CK_UTF8CHAR, a4: CK_ULONG);
    C_Logout(a1: CK_SESSION_HANDLE);
    C_CreateObject(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_ATTRIBUTE,
        a3: CK_ULONG,
        a4: *mut CK_OBJECT_HANDLE
    );
    C_CopyObject(
        a1: CK_SESSION_HANDLE,
        a2: CK_OBJECT_HANDLE,
        a3: *mut CK_ATTRIBUTE,
        a4: CK_ULONG,
        a5: *mut CK_OBJECT_HANDLE
    );
    C_DestroyObject(a1: CK_SESSION_HANDLE, a2: CK_OBJECT_HANDLE);
    C_GetObjectSize(a1: CK_SESSION_HANDLE, a2: CK_OBJECT_HANDLE, a3: *mut CK_ULONG);
    C_GetAttributeValue(
        a1: CK_SESSION_HANDLE,
        a2: CK_OBJECT_HANDLE,
        a3: *mut CK_ATTRIBUTE,
        a4: CK_ULONG
    );
    C_SetAttributeValue(
        a1: CK_SESSION_HANDLE,
        a2: CK_OBJECT_HANDLE,
        a3: *mut CK_ATTRIBUTE,
        a4: CK_ULONG
    );
    C_FindObjectsInit(a1: CK_SESSION_HANDLE, a2: *mut CK_ATTRIBUTE, a3: CK_ULONG);
    C_FindObjects(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_OBJECT_HANDLE,
        a3: CK_ULONG,
        a4: *mut CK_ULONG
    );
    C_FindObjectsFinal(a1: CK_SESSION_HANDLE);
    C_EncryptInit(a1: CK_SESSION_HANDLE, a2: *mut CK_MECHANISM, a3: CK_OBJECT_HANDLE);
    C_Encrypt(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_EncryptUpdate(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_EncryptFinal(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: *mut CK_ULONG);
    C_DecryptInit(a1: CK_SESSION_HANDLE, a2: *mut CK_MECHANISM, a3: CK_OBJECT_HANDLE);
    C_Decrypt(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_DecryptUpdate(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_DecryptFinal(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: *mut CK_ULONG);
    C_DigestInit(a1: CK_SESSION_HANDLE, a2: *mut CK_MECHANISM);
    C_Digest(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_DigestUpdate(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: CK_ULONG);
    C_DigestKey(a1: CK_SESSION_HANDLE, a2: CK_OBJECT_HANDLE);
    C_DigestFinal(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: *mut CK_ULONG);
    C_SignInit(a1: CK_SESSION_HANDLE, a2: *mut CK_MECHANISM, a3: CK_OBJECT_HANDLE);
    C_Sign(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_SignUpdate(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: CK_ULONG);
    C_SignFinal(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: *mut CK_ULONG);
    C_SignRecoverInit(a1: CK_SESSION_HANDLE, a2: *mut CK_MECHANISM, a3: CK_OBJECT_HANDLE);
    C_SignRecover(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_VerifyInit(a1: CK_SESSION_HANDLE, a2: *mut CK_MECHANISM, a3: CK_OBJECT_HANDLE);
    C_Verify(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: CK_ULONG
    );
    C_VerifyUpdate(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: CK_ULONG);
    C_VerifyFinal(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: CK_ULONG);
    C_VerifyRecoverInit(a1: CK_SESSION_HANDLE, a2: *mut CK_MECHANISM, a3: CK_OBJECT_HANDLE);
    C_VerifyRecover(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_DigestEncryptUpdate(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_DecryptDigestUpdate(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_SignEncryptUpdate(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_DecryptVerifyUpdate(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_BYTE,
        a3: CK_ULONG,
        a4: *mut CK_BYTE,
        a5: *mut CK_ULONG
    );
    C_GenerateKey(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_MECHANISM,
        a3: *mut CK_ATTRIBUTE,
        a4: CK_ULONG,
        a5: *mut CK_OBJECT_HANDLE
    );
    C_GenerateKeyPair(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_MECHANISM,
        a3: *mut CK_ATTRIBUTE,
        a4: CK_ULONG,
        a5: *mut CK_ATTRIBUTE,
        a6: CK_ULONG,
        a7: *mut CK_OBJECT_HANDLE,
        a8: *mut CK_OBJECT_HANDLE
    );
    C_WrapKey(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_MECHANISM,
        a3: CK_OBJECT_HANDLE,
        a4: CK_OBJECT_HANDLE,
        a5: *mut CK_BYTE,
        a6: *mut CK_ULONG
    );
    C_UnwrapKey(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_MECHANISM,
        a3: CK_OBJECT_HANDLE,
        a4: *mut CK_BYTE,
        a5: CK_ULONG,
        a6: *mut CK_ATTRIBUTE,
        a7: CK_ULONG,
        a8: *mut CK_OBJECT_HANDLE
    );
    C_DeriveKey(
        a1: CK_SESSION_HANDLE,
        a2: *mut CK_MECHANISM,
        a3: CK_OBJECT_HANDLE,
        a4: *mut CK_ATTRIBUTE,
        a5: CK_ULONG,
        a6: *mut CK_OBJECT_HANDLE
    );
    C_SeedRandom(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: CK_ULONG);
    C_GenerateRandom(a1: CK_SESSION_HANDLE, a2: *mut CK_BYTE, a3: CK_ULONG);
    C_GetFunctionStatus(a1: CK_SESSION_HANDLE);
    C_CancelFunction(a1: CK_SESSION_HANDLE);
    C_WaitForSlotEvent(a1: CK_FLAGS, a2: *mut CK_SLOT_ID, a3: *mut std::ffi::c_void);
}
