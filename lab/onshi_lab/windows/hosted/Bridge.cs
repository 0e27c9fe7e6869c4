// What a script asks of the PC: cmdlets, methods of objects that live there, programs.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;

namespace OnshiLab
{
    public static class Bridge
    {
        /// A cmdlet with its bound parameters; it writes what the PC answers.
        public static void Call(PSCmdlet cmdlet, string name, IDictionary bound, object[] input)
        {
            var given = new JsonArray();
            foreach (DictionaryEntry one in bound) given.Add(new JsonArray((string)one.Key, Wire.Write(one.Value)));
            Ask(new JsonObject { ["on"] = "call", ["name"] = name, ["bound"] = given, ["input"] = input == null ? null : Wire.List(input) }, cmdlet);
        }

        public static object Static(string type, string member, params object[] arguments) =>
            Ask(new JsonObject { ["on"] = "static", ["type"] = type, ["name"] = member, ["arguments"] = Wire.List(arguments) }, null);

        public static object StaticGet(string type, string member) =>
            Ask(new JsonObject { ["on"] = "constant", ["type"] = type, ["name"] = member }, null);

        public static object Make(string type, params object[] arguments) =>
            Ask(new JsonObject { ["on"] = "make", ["type"] = type, ["arguments"] = Wire.List(arguments) }, null);

        public static object Method(object target, string name, params object[] arguments) =>
            Ask(new JsonObject { ["on"] = "method", ["target"] = Wire.Write(target), ["name"] = name, ["arguments"] = Wire.List(arguments) }, null);

        public static object Get(object target, string name) =>
            Ask(new JsonObject { ["on"] = "get", ["target"] = Wire.Write(target), ["name"] = name }, null);

        public static void Set(object target, string name, object value) =>
            Ask(new JsonObject { ["on"] = "set", ["target"] = Wire.Write(target), ["name"] = name, ["value"] = Wire.Write(value) }, null);

        /// A program of the PC: its lines of output; the exit code is the last of them.
        public static object[] Program(string name, object[] words, object[] input, bool fed) =>
            (object[])Ask(new JsonObject { ["on"] = "program", ["name"] = name, ["arguments"] = Wire.List(words), ["input"] = fed ? Wire.List(input) : null }, null);

        internal static object Ask(JsonObject request, PSCmdlet cmdlet)
        {
            var session = Session.Now;
            if (session.Killed) throw new PipelineStoppedException();
            session.Say(request);
            Exception pending = null;
            while (true)
            {
                var frame = session.Frames.Take();
                if (session.Killed) throw new PipelineStoppedException();
                if (frame["done"] != null)
                {
                    if (pending != null) ExceptionDispatchInfo.Throw(pending);
                    return Wire.Read(frame["done"].AsArray()[0]);
                }
                if (frame["throw"] is JsonObject failed) throw pending ?? Failure(failed, cmdlet);
                if (frame["refused"] is JsonObject refused) Refuse(session, refused);
                try { Follow(frame, cmdlet, session, pending != null); }
                catch (Exception e) { pending ??= e; Acknowledge(frame, session, false); }
            }
        }

        static void Refuse(Session session, JsonObject refused)
        {
            session.Refused = refused;
            session.Kill();
            throw new PipelineStoppedException();
        }

        static void Acknowledge(JsonObject frame, Session session, bool good)
        {
            if (frame["emit"] != null || frame["error"] != null || frame["confirm"] != null) session.Say(new JsonObject { ["on"] = "answer", ["good"] = good });
        }

        static void Follow(JsonObject frame, PSCmdlet cmdlet, Session session, bool ended)
        {
            if (ended) { Acknowledge(frame, session, false); return; }
            if (frame["emit"] is JsonArray emitted) { cmdlet.WriteObject(Wire.Read(emitted[0]), false); Acknowledge(frame, session, true); }
            else if (frame["warning"] != null) cmdlet.WriteWarning((string)frame["warning"]);
            else if (frame["verbose"] != null) cmdlet.WriteVerbose((string)frame["verbose"]);
            else if (frame["host"] != null) cmdlet.Host.UI.Write((string)frame["host"]);
            else if (frame["error"] is JsonObject error) { cmdlet.WriteError(Errors.Record(error, cmdlet)); Acknowledge(frame, session, true); }
            else if (frame["confirm"] is JsonArray asked) Acknowledge(frame, session, cmdlet.ShouldProcess((string)asked[1], (string)asked[0]));
        }

        static Exception Failure(JsonObject failed, PSCmdlet cmdlet)
        {
            if (cmdlet == null) return Errors.Thrown(failed);
            try { cmdlet.ThrowTerminatingError(Errors.Record(failed, cmdlet)); }
            catch (Exception e) { return e; }
            return new InvalidOperationException();
        }
    }

    /// Error records and exceptions as the PC describes them.
    static class Errors
    {
        static readonly FieldInfo Full = typeof(ErrorRecord).GetField("_serializedFullyQualifiedErrorId", BindingFlags.NonPublic | BindingFlags.Instance);
        static readonly MethodInfo SetId = typeof(RuntimeException).GetMethod("SetErrorId", BindingFlags.NonPublic | BindingFlags.Instance);

        internal static ErrorRecord Record(JsonObject from, PSCmdlet cmdlet)
        {
            var id = (string)from["id"];
            var own = "," + cmdlet.MyInvocation.MyCommand.Name;
            var function = id.EndsWith(own, StringComparison.OrdinalIgnoreCase);
            var category = Enum.TryParse<ErrorCategory>((string)from["category"], out var known) ? known : ErrorCategory.NotSpecified;
            var record = new ErrorRecord(Made(from), function ? id[..^own.Length] : id, category, Wire.Read(from["target"]));
            if (!function) Full.SetValue(record, id);
            return record;
        }

        /// What a .NET method throws, which PowerShell itself wraps; of COM the whole, which it does not.
        internal static Exception Thrown(JsonObject from)
        {
            if (from["inner"] is not JsonObject inner) return Made(from);
            if ((string)inner["exception"] != "System.Runtime.InteropServices.COMException") return Made(inner);
            var outer = new MethodInvocationException((string)from["message"], Made(inner));
            SetId.Invoke(outer, new object[] { (string)from["id"] });
            return outer;
        }

        /// The record that such an exception holds: a typed catch shows that one, without who wrote it.
        static void Own(Exception made, JsonObject from)
        {
            var type = made is RuntimeException and not SessionStateException ? typeof(RuntimeException) : made.GetType();
            for (; type != null; type = type.BaseType)
                type.GetField("_errorId", BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)?.SetValue(made, ((string)from["id"]).Split(',')[0]);
            if (Enum.TryParse<ErrorCategory>((string)from["category"], out var category))
                made.GetType().BaseType.GetField("_errorCategory", BindingFlags.NonPublic | BindingFlags.Instance)?.SetValue(made, category);
        }

        static Exception Made(JsonObject from)
        {
            var message = (string)from["message"];
            var type = Emitted.Exception((string)from["exception"]);
            var native = (int?)from["native"];
            Exception made;
            if (native != null && typeof(System.ComponentModel.Win32Exception).IsAssignableFrom(type)) made = new System.ComponentModel.Win32Exception(native.Value, message);
            else if (type == typeof(System.IO.FileNotFoundException)) made = new System.IO.FileNotFoundException(message);
            else if (typeof(ArgumentException).IsAssignableFrom(type)) made = (Exception)(type.GetConstructor(new[] { typeof(string), typeof(Exception) })?.Invoke(new object[] { message, null }) ?? new ArgumentException(message));
            else made = (Exception)Activator.CreateInstance(type, message);
            if (from["hresult"] != null) made.HResult = (int)from["hresult"];
            if (made is IContainsErrorRecord && from["id"] != null) Own(made, from);
            return made;
        }
    }

    /// Types that only Windows has, made when they are needed: exceptions by name, enumerations.
    static class Emitted
    {
        static readonly ModuleBuilder Module = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("OnshiLab.Emitted"), AssemblyBuilderAccess.Run).DefineDynamicModule("types");
        static readonly Dictionary<string, Type> Made = new();

        internal static void Enums(JsonObject listed)
        {
            foreach (var (name, spec) in listed)
            {
                if (name.As<Type>() is Type there && there.IsEnum) { Made[name] = there; continue; }
                var type = Module.DefineEnum(name, TypeAttributes.Public, typeof(int));
                if ((bool)spec["flags"]) type.SetCustomAttribute(new CustomAttributeBuilder(typeof(FlagsAttribute).GetConstructor(Type.EmptyTypes), new object[0]));
                foreach (var (label, value) in spec["values"].AsObject()) type.DefineLiteral(label, unchecked((int)(long)value));
                Made[name] = type.CreateType();
                StandIns.Name(name, Made[name]);
            }
        }

        internal static object Enum(string name, long value) =>
            Made.TryGetValue(name, out var type) ? System.Enum.ToObject(type, value) : null;

        internal static Type Exception(string name)
        {
            lock (Made)
            {
                if (Made.TryGetValue(name, out var known)) return known;
                var type = name.As<Type>();
                if (type == null || !typeof(Exception).IsAssignableFrom(type) || type.GetConstructor(new[] { typeof(string) }) == null) type = Define(name);
                return Made[name] = type;
            }
        }

        static Type Define(string name)
        {
            var type = Module.DefineType(name, TypeAttributes.Public, typeof(Exception));
            var code = type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, new[] { typeof(string) }).GetILGenerator();
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Call, typeof(Exception).GetConstructor(new[] { typeof(string) }));
            code.Emit(OpCodes.Ret);
            var made = type.CreateType();
            StandIns.Name(name, made);
            return made;
        }

        static T As<T>(this string name) where T : class => LanguagePrimitives.TryConvertTo<T>(name, out var found) ? found : null;
    }
}
