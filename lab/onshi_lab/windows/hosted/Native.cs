// advapi32 and kernel32 for compiled declarations: native.c exports them and calls these.

using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace OnshiLab
{
    public static class Native
    {
        delegate uint CredWrite(IntPtr credential, uint flags);
        delegate uint CredRead(IntPtr target, uint kind, uint flags, IntPtr result);
        delegate uint CredDelete(IntPtr target, uint kind, uint flags);
        delegate void CredFree(IntPtr buffer);
        delegate uint LogonUser(IntPtr user, IntPtr domain, IntPtr password, uint kind, uint provider, IntPtr token);
        delegate void Bind(IntPtr write, IntPtr read, IntPtr delete, IntPtr free, IntPtr logon);

        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
        struct Credential
        {
            public uint Flags; public uint Type; public string TargetName; public string Comment; public long LastWritten;
            public uint CredentialBlobSize; public IntPtr CredentialBlob; public uint Persist; public uint AttributeCount;
            public IntPtr Attributes; public string TargetAlias; public string UserName;
        }

        static readonly List<Delegate> Kept = new();
        static readonly HashSet<Assembly> Watched = new();
        static IntPtr library;

        internal static void Load(string path)
        {
            if (path == null) return;
            library = NativeLibrary.Load(path);
            var bind = Marshal.GetDelegateForFunctionPointer<Bind>(NativeLibrary.GetExport(library, "onshi_bind"));
            bind(Pointer<CredWrite>(Write), Pointer<CredRead>(Read), Pointer<CredDelete>(Delete), Pointer<CredFree>(Free), Pointer<LogonUser>(Logon));
        }

        static IntPtr Pointer<T>(T function) where T : Delegate { Kept.Add(function); return Marshal.GetFunctionPointerForDelegate(function); }

        /// Has the declarations of a compiled type find the PC's functions.
        public static void Watch(Type type)
        {
            lock (Watched) if (!Watched.Add(type.Assembly)) return;
            NativeLibrary.SetDllImportResolver(type.Assembly, (name, _, _) =>
                name.ToLowerInvariant().Replace(".dll", "") is "advapi32" or "kernel32" ? library : IntPtr.Zero);
        }

        static uint Asked(string name, params object[] arguments)
        {
            try { return (uint)(int)Bridge.Static("OnshiLab.Native", name, arguments); }
            catch (PipelineStoppedException) { return 1223; }
        }

        static string Text(IntPtr at) => Marshal.PtrToStringUni(at);

        static uint Write(IntPtr credential, uint flags)
        {
            var one = Marshal.PtrToStructure<Credential>(credential);
            var blob = new byte[one.CredentialBlobSize];
            if (blob.Length > 0) Marshal.Copy(one.CredentialBlob, blob, 0, blob.Length);
            return Asked("CredWrite", (long)(flags | one.Flags | one.AttributeCount), (int)one.Type, one.TargetName ?? "", one.Comment ?? "", blob, (int)one.Persist, one.TargetAlias ?? "", one.UserName ?? "");
        }

        static uint Read(IntPtr target, uint kind, uint flags, IntPtr result)
        {
            object[] found;
            try { found = (object[])Bridge.Static("OnshiLab.Native", "CredRead", Text(target), (int)kind, (int)flags); }
            catch (PipelineStoppedException) { return 1223; }
            if ((int)found[0] != 0) return (uint)(int)found[0];
            var blob = (byte[])found[5];
            var one = new Credential
            {
                Type = (uint)(int)found[1], TargetName = (string)found[2], UserName = (string)found[3], Persist = (uint)(int)found[4],
                Comment = (string)found[6], LastWritten = (long)found[7], CredentialBlobSize = (uint)blob.Length,
                CredentialBlob = Marshal.AllocCoTaskMem(Math.Max(1, blob.Length)),
            };
            Marshal.Copy(blob, 0, one.CredentialBlob, blob.Length);
            var at = Marshal.AllocCoTaskMem(Marshal.SizeOf<Credential>());
            Marshal.StructureToPtr(one, at, false);
            Marshal.WriteIntPtr(result, at);
            return 0;
        }

        static uint Delete(IntPtr target, uint kind, uint flags) => Asked("CredDelete", Text(target), (int)kind, (int)flags);
        static void Free(IntPtr buffer) => Marshal.FreeCoTaskMem(buffer);

        static uint Logon(IntPtr user, IntPtr domain, IntPtr password, uint kind, uint provider, IntPtr token)
        {
            var code = Asked("LogonUser", Text(user), Text(domain), Text(password), (int)kind, (int)provider);
            if (code == 0) Marshal.WriteIntPtr(token, (IntPtr)4);
            return code;
        }
    }
}
