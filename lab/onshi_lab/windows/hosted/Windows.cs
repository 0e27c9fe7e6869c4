// Types of Windows' .NET that reach into the PC, by the names that scripts call them.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Reflection;
using System.Text;

namespace OnshiLab
{
    static class StandIns
    {
        static readonly Dictionary<string, Type> Accelerators = (Dictionary<string, Type>)typeof(PSObject).Assembly
            .GetType("System.Management.Automation.TypeAccelerators").GetField("builtinTypeAccelerators", BindingFlags.NonPublic | BindingFlags.Static).GetValue(null);
        static readonly Dictionary<Type, string> Names = new();
        static readonly Dictionary<string, Type> Classes = new()
        {
            ["System.IO.File"] = typeof(File),
            ["System.IO.Directory"] = typeof(Directory),
            ["System.IO.Path"] = typeof(Path),
            ["System.Console"] = typeof(Console),
            ["System.Environment"] = typeof(Environment),
            ["System.Security.Cryptography.ProtectedData"] = typeof(ProtectedData),
            ["System.Security.Cryptography.DataProtectionScope"] = typeof(DataProtectionScope),
            ["System.Security.Principal.IdentityReference"] = typeof(IdentityReference),
            ["System.Security.Principal.SecurityIdentifier"] = typeof(SecurityIdentifier),
            ["System.Security.Principal.NTAccount"] = typeof(NTAccount),
            ["System.Security.Principal.WindowsIdentity"] = typeof(WindowsIdentity),
            ["System.Security.Principal.WindowsPrincipal"] = typeof(WindowsPrincipal),
            ["System.Security.Principal.WindowsBuiltInRole"] = typeof(WindowsBuiltInRole),
            ["System.Security.AccessControl.FileSystemAccessRule"] = typeof(FileSystemAccessRule),
            ["System.Security.AccessControl.DirectorySecurity"] = typeof(DirectorySecurity),
            ["System.Security.AccessControl.FileSecurity"] = typeof(FileSecurity),
            ["Microsoft.Win32.RegistryKey"] = typeof(RegistryKey),
        };

        internal static void Install()
        {
            foreach (var one in Classes) Name(one.Key, one.Value);
        }

        /// Has a name mean a type; `System.` may be left out.
        internal static void Name(string name, Type type)
        {
            lock (Accelerators)
            {
                Names[type] = name;
                Accelerators[name] = type;
                if (name.StartsWith("System.")) Accelerators[name[7..]] = type;
            }
        }

        internal static string NameOf(Type type) => Names.TryGetValue(type, out var name) ? name : type.FullName;

        internal static MockObject Instance(string type) =>
            Classes.TryGetValue(type, out var made) ? (MockObject)Activator.CreateInstance(made, true) : new MockObject();
    }

    public static class File
    {
        const string Type = "System.IO.File";
        public static string ReadAllText(string path) => (string)Bridge.Static(Type, "ReadAllText", path);
        public static string ReadAllText(string path, Encoding encoding) => (string)Bridge.Static(Type, "ReadAllText", path, encoding);
        public static string[] ReadAllLines(string path) => (string[])Bridge.Static(Type, "ReadAllLines", path);
        public static string[] ReadAllLines(string path, Encoding encoding) => (string[])Bridge.Static(Type, "ReadAllLines", path, encoding);
        public static byte[] ReadAllBytes(string path) => (byte[])Bridge.Static(Type, "ReadAllBytes", path);
        public static void WriteAllText(string path, string contents) => Bridge.Static(Type, "WriteAllText", path, contents);
        public static void WriteAllText(string path, string contents, Encoding encoding) => Bridge.Static(Type, "WriteAllText", path, contents, encoding);
        public static void WriteAllLines(string path, string[] contents) => Bridge.Static(Type, "WriteAllLines", path, contents);
        public static void WriteAllLines(string path, string[] contents, Encoding encoding) => Bridge.Static(Type, "WriteAllLines", path, contents, encoding);
        public static void WriteAllBytes(string path, byte[] bytes) => Bridge.Static(Type, "WriteAllBytes", path, bytes);
        public static void Delete(string path) => Bridge.Static(Type, "Delete", path);
        public static bool Exists(string path) => (bool)Bridge.Static(Type, "Exists", path);
    }

    public static class Directory
    {
        public static string[] GetFiles(string path) => (string[])Bridge.Static("System.IO.Directory", "GetFiles", path);
        public static string[] GetFiles(string path, string pattern) => (string[])Bridge.Static("System.IO.Directory", "GetFiles", path, pattern);
        public static bool Exists(string path) => (bool)Bridge.Static("System.IO.Directory", "Exists", path);
    }

    public static class Path
    {
        static string Of(string member, params object[] words) => (string)Bridge.Static("System.IO.Path", member, words);
        public static string Combine(params string[] parts) => Of("Combine", parts);
        public static string GetFileName(string path) => Of("GetFileName", path);
        public static string GetDirectoryName(string path) => Of("GetDirectoryName", path);
        public static string GetTempPath() => Of("GetTempPath");
    }

    public static class Console
    {
        public static TextWriter Out => new Writer("write");
        public static TextWriter Error => new Writer("error");
        public static Encoding OutputEncoding { get; set; } = Encoding.UTF8;
        public static Encoding InputEncoding { get; set; } = Encoding.UTF8;
        public static void Write(object value) => Out.Write(value);
        public static void WriteLine() => Out.WriteLine();
        public static void WriteLine(object value) => Out.WriteLine(value);

        sealed class Writer : TextWriter
        {
            readonly string kind;
            internal Writer(string kind) { this.kind = kind; CoreNewLine = "\r\n".ToCharArray(); }
            public override Encoding Encoding => Encoding.UTF8;
            public override void Write(char value) => Write(value.ToString());
            public override void Write(string value) => Session.Now.Say(new System.Text.Json.Nodes.JsonObject { ["on"] = kind, ["text"] = value });
            public override void WriteLine(string value) => Write(value + "\r\n");
        }
    }

    public static class Environment
    {
        public static string NewLine => "\r\n";
        public static string MachineName => Session.Now.Variables["COMPUTERNAME"];
        public static string UserName => Session.Now.Variables["USERNAME"];
        public static string UserDomainName => Session.Now.Variables["USERDOMAIN"];
        public static string GetEnvironmentVariable(string name) => Session.Now.Variables.TryGetValue(name, out var found) ? found : null;
        public static string ExpandEnvironmentVariables(string text) => (string)Bridge.Static("System.Environment", "ExpandEnvironmentVariables", text);
        internal static void Exit(int code) => System.Environment.Exit(code);
    }

    public enum DataProtectionScope { CurrentUser, LocalMachine }

    public static class ProtectedData
    {
        const string Type = "System.Security.Cryptography.ProtectedData";
        public static byte[] Protect(byte[] userData, byte[] optionalEntropy, DataProtectionScope scope) => (byte[])Bridge.Static(Type, "Protect", userData, optionalEntropy, scope.ToString());
        public static byte[] Unprotect(byte[] encryptedData, byte[] optionalEntropy, DataProtectionScope scope) => (byte[])Bridge.Static(Type, "Unprotect", encryptedData, optionalEntropy, scope.ToString());
    }

    public abstract class IdentityReference
    {
        public string Value { get; protected set; }
        public IdentityReference Translate(Type targetType) => (IdentityReference)Bridge.Method(this, "Translate", targetType);
        public override string ToString() => Value;
        public override bool Equals(object other) => other is IdentityReference one && one.GetType() == GetType() && string.Equals(one.Value, Value, StringComparison.OrdinalIgnoreCase);
        public override int GetHashCode() => Value.ToUpperInvariant().GetHashCode();
    }

    public sealed class SecurityIdentifier : IdentityReference
    {
        public SecurityIdentifier(string sddlForm)
        {
            if (!System.Text.RegularExpressions.Regex.IsMatch(sddlForm, @"^S-1-\d+(-\d+)+$")) throw new ArgumentException("Value was invalid.", nameof(sddlForm));
            Value = sddlForm;
        }
    }

    public sealed class NTAccount : IdentityReference
    {
        public NTAccount(string name)
        {
            ArgumentNullException.ThrowIfNull(name);
            Value = name;
        }
        public NTAccount(string domainName, string accountName) => Value = domainName + "\\" + accountName;
    }

    public sealed class WindowsIdentity : MockObject
    {
        public static object GetCurrent() => Bridge.Static("System.Security.Principal.WindowsIdentity", "GetCurrent");
    }

    public enum WindowsBuiltInRole { Administrator = 544, User = 545, Guest = 546 }

    public sealed class WindowsPrincipal : MockObject
    {
        WindowsPrincipal() { }
        public WindowsPrincipal(WindowsIdentity identity) => Handle = StandInMaker.Make("System.Security.Principal.WindowsPrincipal", identity).Handle;
        public bool IsInRole(object role) => (bool)Bridge.Method(this, "IsInRole", role.ToString());
    }

    static class StandInMaker
    {
        internal static MockObject Make(string type, params object[] arguments) => (MockObject)((PSObject)Bridge.Make(type, arguments)).BaseObject;
    }

    public sealed class FileSystemAccessRule : MockObject
    {
        FileSystemAccessRule() { }
        void As(params object[] arguments)
        {
            var made = StandInMaker.Make("System.Security.AccessControl.FileSystemAccessRule", arguments);
            (Handle, Text, Had) = (made.Handle, made.Text, made.Had);
        }
        public FileSystemAccessRule(IdentityReference identity, System.Security.AccessControl.FileSystemRights fileSystemRights, System.Security.AccessControl.AccessControlType type) => As(identity, fileSystemRights, type);
        public FileSystemAccessRule(string identity, System.Security.AccessControl.FileSystemRights fileSystemRights, System.Security.AccessControl.AccessControlType type) => As(identity, fileSystemRights, type);
        public FileSystemAccessRule(IdentityReference identity, System.Security.AccessControl.FileSystemRights fileSystemRights, System.Security.AccessControl.InheritanceFlags inheritanceFlags, System.Security.AccessControl.PropagationFlags propagationFlags, System.Security.AccessControl.AccessControlType type) => As(identity, fileSystemRights, inheritanceFlags, propagationFlags, type);
        public FileSystemAccessRule(string identity, System.Security.AccessControl.FileSystemRights fileSystemRights, System.Security.AccessControl.InheritanceFlags inheritanceFlags, System.Security.AccessControl.PropagationFlags propagationFlags, System.Security.AccessControl.AccessControlType type) => As(identity, fileSystemRights, inheritanceFlags, propagationFlags, type);
        public object FileSystemRights => Had["FileSystemRights"];
        public object AccessControlType => Had["AccessControlType"];
        public object IdentityReference => Had["IdentityReference"];
        public object IsInherited => Had["IsInherited"];
        public object InheritanceFlags => Had["InheritanceFlags"];
        public object PropagationFlags => Had["PropagationFlags"];
    }

    public abstract class FileSystemSecurity : MockObject
    {
        object Now(string name) => ((object[])Bridge.Get(this, name)).FirstOrDefault();
        public object Access => Now("Access");
        public object Owner => Now("Owner");
        public bool AreAccessRulesProtected => (bool)Now("AreAccessRulesProtected");
        public void SetAccessRuleProtection(bool isProtected, bool preserveInheritance) => Bridge.Method(this, "SetAccessRuleProtection", isProtected, preserveInheritance);
        public void AddAccessRule(FileSystemAccessRule rule) => Bridge.Method(this, "AddAccessRule", rule);
        public bool RemoveAccessRule(FileSystemAccessRule rule) => (bool)Bridge.Method(this, "RemoveAccessRule", rule);
        public void RemoveAccessRuleAll(FileSystemAccessRule rule) => Bridge.Method(this, "RemoveAccessRuleAll", rule);
        public object GetAccessRules(bool includeExplicit, bool includeInherited, Type targetType) => Bridge.Method(this, "GetAccessRules", includeExplicit, includeInherited, targetType);
    }

    public sealed class DirectorySecurity : FileSystemSecurity
    {
        public DirectorySecurity() { }
    }

    public sealed class FileSecurity : FileSystemSecurity
    {
        public FileSecurity() { }
    }

    public sealed class RegistryKey : MockObject
    {
        public object GetValue(string name) => Bridge.Method(this, "GetValue", name);
        public object GetValue(string name, object defaultValue) => Bridge.Method(this, "GetValue", name, defaultValue);
        public string[] GetValueNames() => ((object[])Bridge.Method(this, "GetValueNames")).Cast<string>().ToArray();
        public void Flush() => Bridge.Method(this, "Flush");
    }

    /// The drive Env: of one process.
    [CmdletProvider("Environment", ProviderCapabilities.None)]
    public sealed class EnvironmentProvider : ContainerCmdletProvider, IContentCmdletProvider
    {
        static Dictionary<string, string> Variables => Session.Now.Variables;
        static string Clean(string path) => path.TrimStart('\\', '/');
        protected override Collection<PSDriveInfo> InitializeDefaultDrives() => new() { new PSDriveInfo("Env", ProviderInfo, "", "", null) };
        protected override bool IsValidPath(string path) => true;
        protected override bool ItemExists(string path) => Clean(path).Length == 0 || Variables.ContainsKey(Clean(path));
        protected override void GetItem(string path)
        {
            if (Variables.TryGetValue(Clean(path), out var value)) WriteItemObject(new DictionaryEntry(Clean(path), value), path, false);
        }
        public IContentReader GetContentReader(string path) => new Content(Clean(path));
        public IContentWriter GetContentWriter(string path) => new Content(Clean(path));
        public object GetContentReaderDynamicParameters(string path) => null;
        public object GetContentWriterDynamicParameters(string path) => null;
        public void ClearContent(string path) => Variables.Remove(Clean(path));
        public object ClearContentDynamicParameters(string path) => null;

        sealed class Content : IContentReader, IContentWriter
        {
            readonly string name;
            bool read;
            internal Content(string name) => this.name = name;
            public IList Read(long count)
            {
                if (read || !Variables.TryGetValue(name, out var value)) return new ArrayList();
                read = true;
                return new ArrayList { value };
            }
            public IList Write(IList content)
            {
                var text = content.Count > 0 ? content[0]?.ToString() : null;
                if (string.IsNullOrEmpty(text)) Variables.Remove(name); else Variables[name] = text;
                Bridge.Static("OnshiLab.Environment", "Set", name, text);
                return content;
            }
            public void Seek(long offset, SeekOrigin origin) { }
            public void Close() { }
            public void Dispose() { }
        }
    }
}
