// Values between a script and the PC; values.py writes and reads the same.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Dynamic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OnshiLab
{
    /// An object that lives on the PC.
    public class MockObject
    {
        internal long Handle;
        internal string Text;
        internal Dictionary<string, object> Had = new(StringComparer.OrdinalIgnoreCase);
        public override string ToString() => Text;
    }

    /// A COM object: late bound, each member asked for when it is used.
    public sealed class ComObject : DynamicObject
    {
        internal readonly MockObject Kept = new() { Text = "System.__ComObject" };
        public override string ToString() => Kept.Text;
        public override bool TryInvokeMember(InvokeMemberBinder binder, object[] arguments, out object result)
        {
            result = Bridge.Method(this, binder.Name, arguments);
            return true;
        }
        public override bool TryGetMember(GetMemberBinder binder, out object result)
        {
            var found = (object[])Bridge.Get(this, binder.Name);
            result = found.Length > 0 ? found[0] : null;
            return found.Length > 0;
        }
        public override bool TrySetMember(SetMemberBinder binder, object value)
        {
            Bridge.Set(this, binder.Name, value);
            return true;
        }
    }

    static class Wire
    {
        internal static JsonArray List(IEnumerable items)
        {
            var made = new JsonArray();
            foreach (var one in items) made.Add(Write(one));
            return made;
        }

        internal static JsonNode Write(object given)
        {
            var value = given is PSObject wrapped && wrapped.BaseObject is not PSCustomObject ? wrapped.BaseObject : given;
            switch (value)
            {
                case null: return null;
                case string or bool or int: return JsonValue.Create(value);
                case SwitchParameter one: return JsonValue.Create(one.IsPresent);
                case char one: return One("char", one.ToString());
                case double or float: return One("d", ((IConvertible)value).ToDouble(null).ToString("R", CultureInfo.InvariantCulture));
                case decimal one: return One("m", one.ToString(CultureInfo.InvariantCulture));
                case byte or sbyte or short or ushort or uint or long or ulong or IntPtr:
                    return new JsonObject { ["n"] = value.GetType().FullName, ["v"] = value.ToString() };
                case DateTime one: return new JsonObject { ["dt"] = one.Ticks, ["kind"] = one.Kind.ToString() };
                case TimeSpan one: return One("ts", one.Ticks);
                case Guid one: return One("g", one.ToString());
                case Enum one: return new JsonObject { ["e"] = StandIns.NameOf(one.GetType()), ["n"] = one.ToString(), ["v"] = ((IConvertible)one).ToInt64(null) };
                case byte[] one: return One("b", Convert.ToBase64String(one));
                case SecureString one: return One("ss", new System.Net.NetworkCredential("", one).Password);
                case Type one: return One("type", StandIns.NameOf(one));
                case Encoding one: return new JsonObject { ["enc"] = one.CodePage, ["bom"] = one.GetPreamble().Length > 0 };
                case SecurityIdentifier one: return One("sid", one.Value);
                case NTAccount one: return One("account", one.Value);
                case ComObject one: return One("h", one.Kept.Handle);
                case MockObject one: return Held(one, given as PSObject ?? PSObject.AsPSObject(one));
                case ScriptBlock one: return One("sb", one.ToString());
                case IDictionary one: return new JsonObject { ["k"] = Pairs(one), ["ordered"] = value is System.Collections.Specialized.OrderedDictionary };
                case object[] one: return List(one);
                case Array one: return new JsonObject { ["a"] = one.GetType().GetElementType().FullName, ["v"] = List(one) };
                case PSObject one: return new JsonObject { ["o"] = "", ["p"] = Properties(one) };
                case IEnumerable one: return List(one);
                default: return new JsonObject { ["x"] = value.GetType().FullName, ["t"] = value.ToString() };
            }
        }

        static JsonObject One(string name, JsonNode value) => new() { [name] = value };

        static JsonArray Pairs(IDictionary table)
        {
            var made = new JsonArray();
            foreach (DictionaryEntry one in table) made.Add(new JsonArray(Write(one.Key), Write(one.Value)));
            return made;
        }

        static JsonArray Properties(PSObject from)
        {
            var made = new JsonArray();
            foreach (var one in from.Properties) made.Add(new JsonArray(one.Name, Write(one.Value)));
            return made;
        }

        /// By its number, with the properties that the script has given it since.
        static JsonObject Held(MockObject kept, PSObject shown)
        {
            var changed = new JsonArray();
            foreach (var one in shown.Properties.Where(one => one is PSNoteProperty))
                if (!kept.Had.TryGetValue(one.Name, out var had) || !Equals(had, one.Value)) changed.Add(new JsonArray(one.Name, Write(one.Value)));
            return new JsonObject { ["h"] = kept.Handle, ["set"] = changed };
        }

        internal static object Read(JsonNode node)
        {
            if (node == null) return null;
            if (node is JsonArray items) return items.Select(Read).ToArray();
            if (node is JsonValue plain) return Plain(plain.GetValue<JsonElement>());
            var from = node.AsObject();
            var (key, value) = (from.First().Key, from.First().Value);
            switch (key)
            {
                case "char": return ((string)value)[0];
                case "d": return double.Parse((string)value, CultureInfo.InvariantCulture);
                case "m": return decimal.Parse((string)value, CultureInfo.InvariantCulture);
                case "n": return Convert.ChangeType((string)from["v"], Type.GetType((string)value), CultureInfo.InvariantCulture);
                case "dt": return new DateTime((long)value, Enum.Parse<DateTimeKind>((string)from["kind"]));
                case "ts": return new TimeSpan((long)value);
                case "g": return Guid.Parse((string)value);
                case "e": return Emitted.Enum((string)value, (long)from["v"]) ?? (string)from["n"];
                case "b": return Convert.FromBase64String((string)value);
                case "ss": return new System.Net.NetworkCredential("", (string)value).SecurePassword;
                case "a": return Typed((string)value, from["v"].AsArray());
                case "k": return Table(from);
                case "o": return Made(from);
                default: throw new InvalidOperationException(node.ToJsonString());
            }
        }

        static object Plain(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => value.GetInt32(),
            _ => value.GetString(),
        };

        static Array Typed(string element, JsonArray items)
        {
            var made = Array.CreateInstance(Type.GetType(element) ?? typeof(object), items.Count);
            for (var i = 0; i < items.Count; i++) made.SetValue(LanguagePrimitives.ConvertTo(Read(items[i]), made.GetType().GetElementType()), i);
            return made;
        }

        static IDictionary Table(JsonObject from)
        {
            IDictionary made = (bool)from["ordered"] ? new System.Collections.Specialized.OrderedDictionary(StringComparer.OrdinalIgnoreCase) : new Hashtable(StringComparer.OrdinalIgnoreCase);
            foreach (var one in from["k"].AsArray()) made[Read(one[0])] = Read(one[1]);
            return made;
        }

        static object Made(JsonObject from)
        {
            var type = (string)from["o"];
            if (type == "System.Security.Principal.SecurityIdentifier") return new SecurityIdentifier((string)from["text"]);
            if (type == "System.Security.Principal.NTAccount") return new NTAccount((string)from["text"]);
            if (type == "System.__ComObject") { var com = new ComObject(); com.Kept.Handle = (long)from["h"]; return com; }
            if (type == "") return Noted(new PSObject(), from, null);
            var kept = StandIns.Instance(type);
            kept.Handle = (long)from["h"];
            kept.Text = (string)from["text"];
            return Noted(PSObject.AsPSObject(kept), from, kept);
        }

        static PSObject Noted(PSObject shown, JsonObject from, MockObject kept)
        {
            foreach (var one in from["p"].AsArray())
            {
                var (name, value) = ((string)one[0], Read(one[1]));
                if (kept != null) kept.Had[name] = value;
                if (kept == null || kept.GetType().GetProperty(name) == null) shown.Properties.Add(new PSNoteProperty(name, value));
            }
            if (kept == null) return shown;
            Name(shown, (string)from["o"], kept);
            if (from["default"] is JsonArray first && first.Count > 0 && shown.Members["PSStandardMembers"] == null)
            {
                var set = new PSPropertySet("DefaultDisplayPropertySet", first.Select(one => (string)one));
                shown.Members.Add(new PSMemberSet("PSStandardMembers", new[] { set }));
            }
            return shown;
        }

        /// The type names that a script sees; of a CIM instance also the ones above it.
        static void Name(PSObject shown, string type, MockObject kept)
        {
            shown.TypeNames.Clear();
            shown.TypeNames.Add(type);
            var mark = type.IndexOf('#');
            if (mark > 0)
            {
                shown.TypeNames.Add(type[..(mark + 1)] + type[(type.LastIndexOf('/') + 1)..]);
                shown.TypeNames.Add(type[..mark]);
            }
            shown.TypeNames.Add("System.Object");
        }
    }
}
