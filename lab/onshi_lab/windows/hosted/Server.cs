// Inside the engine: one runspace for each powershell.exe of the PC, over one connected socket.
//
// Frames are lines of JSON with the session's number. The lab sends open, run, close, kill and
// parse, and answers what a session asks (see Bridge.cs) on the session's own thread.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading;

namespace OnshiLab
{
    public static class Server
    {
        static readonly ConcurrentDictionary<int, Session> Sessions = new();
        static readonly object Writing = new();
        static Stream stream;
        internal static string Prelude;
        internal static HashSet<string> Programs;

        /// Serves a socket that was inherited, until its other end is gone. Answers at once.
        public static void Start(int descriptor) => new Thread(() => Run(descriptor)) { IsBackground = true }.Start();

        static void Run(int descriptor)
        {
            var socket = new Socket(new SafeSocketHandle((IntPtr)descriptor, true));
            stream = new NetworkStream(socket, true);
            var reader = new StreamReader(stream, new UTF8Encoding(false));
            StandIns.Install();
            string line;
            while ((line = reader.ReadLine()) != null) Take(JsonNode.Parse(line).AsObject());
            Environment.Exit(0);
        }

        static void Take(JsonObject frame)
        {
            var work = (string)frame["do"];
            if (work == "hello")
            {
                Prelude = (string)frame["prelude"];
                Programs = new(frame["programs"].AsArray().SelectMany(one => new[] { (string)one, one + ".exe" }), StringComparer.OrdinalIgnoreCase);
                Native.Load((string)frame["native"]);
                Emitted.Enums(frame["enums"].AsObject());
                new Session(0, frame).Warm();
                return;
            }
            var number = (int)frame["s"];
            if (work == "open") { Sessions[number] = new Session(number, frame).Start(); return; }
            if (!Sessions.TryGetValue(number, out var session)) return;
            if (work == "kill") session.Kill();
            if (work == "close" || work == "kill") Sessions.TryRemove(number, out _);
            session.Frames.Add(frame);
        }

        internal static void Send(JsonObject frame)
        {
            var data = Encoding.UTF8.GetBytes(frame.ToJsonString() + "\n");
            lock (Writing) stream.Write(data, 0, data.Length);
        }
    }

    /// One powershell.exe.
    public sealed class Session
    {
        [ThreadStatic] public static Session Now;
        public readonly int Number;
        public readonly Dictionary<string, string> Variables = new(StringComparer.OrdinalIgnoreCase);
        public long Skew;
        internal readonly BlockingCollection<JsonObject> Frames = new();
        internal volatile bool Killed;
        internal JsonObject Refused;
        static readonly PropertyInfo WriteStream = typeof(PSObject).GetProperty("WriteStream", BindingFlags.NonPublic | BindingFlags.Instance);
        int? exit;
        readonly string mode;
        readonly string culture;
        Runspace runspace;
        volatile PowerShell running;

        internal Session(int number, JsonObject frame)
        {
            Number = number;
            mode = (string)frame["mode"] ?? "FullLanguage";
            culture = (string)frame["culture"] ?? "ja-JP";
            foreach (var one in frame["environment"]?.AsObject() ?? new JsonObject()) Variables[one.Key] = (string)one.Value;
        }

        internal Session Start()
        {
            new Thread(Serve, 64 << 20) { IsBackground = true }.Start();
            return this;
        }

        /// Opens a runspace once, so that what that compiles is there for the others; then says so.
        internal void Warm()
        {
            new Thread(() =>
            {
                Now = this;
                try { Open(); runspace.Dispose(); Server.Send(new JsonObject { ["s"] = 0, ["on"] = "ready" }); }
                catch (Exception e) { Server.Send(new JsonObject { ["s"] = 0, ["on"] = "fault", ["text"] = e.ToString() }); }
            }, 64 << 20) { IsBackground = true }.Start();
        }

        void Serve()
        {
            Now = this;
            try
            {
                Open();
                while (!Killed)
                {
                    var frame = Frames.Take();
                    var work = (string)frame["do"];
                    if (work == "close") break;
                    if (work == "run") Say(RunScript(frame));
                    if (work == "parse") Say(Parsed((string)frame["script"]));
                }
            }
            catch (Exception e) { Say(new JsonObject { ["on"] = "fault", ["text"] = e.ToString() }); }
            runspace?.Dispose();
        }

        internal void Say(JsonObject frame) { frame["s"] = Number; Server.Send(frame); }

        internal void Kill()
        {
            Killed = true;
            try { running?.BeginStop(null, null); } catch (ObjectDisposedException) { }
        }

        internal void Exit(int code) => exit = code;

        void Open()
        {
            Thread.CurrentThread.CurrentCulture = Thread.CurrentThread.CurrentUICulture = new CultureInfo(culture);
            var state = InitialSessionState.CreateDefault();
            state.Providers.Remove("Environment", typeof(SessionStateProviderEntry));
            state.Providers.Add(new SessionStateProviderEntry("Environment", typeof(EnvironmentProvider), null));
            runspace = RunspaceFactory.CreateRunspace(new MockHost(this), state);
            runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
            runspace.Open();
            Runspace.DefaultRunspace = runspace;
            using var ps = PowerShell.Create();
            ps.Runspace = runspace;
            ps.AddScript(Server.Prelude, false).Invoke();
            if (ps.Streams.Error.Count > 0) throw new InvalidOperationException(string.Join("\n", ps.Streams.Error));
            if (mode != "FullLanguage") runspace.SessionStateProxy.LanguageMode = Enum.Parse<PSLanguageMode>(mode);
        }

        JsonObject RunScript(JsonObject frame)
        {
            var text = Program.Rewritten((string)frame["script"]);
            Skew = (long)frame["skew"];
            using var ps = PowerShell.Create();
            ps.Runspace = runspace;
            if (frame["file"] == null) { runspace.SessionStateProxy.SetVariable(Program.Outcome, true); ps.AddScript(Program.Judged(text), false); }
            else
            {
                var block = Parser.ParseInput(text, (string)frame["file"], out _, out var faults).GetScriptBlock();
                ps.AddScript("param($block, $named, $loose) . $block @named @loose", true).AddArgument(block)
                  .AddArgument(Wire.Read(frame["named"])).AddArgument(Wire.Read(frame["loose"]));
            }
            ps.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
            ps.AddCommand("Out-Default");
            var good = Invoked(ps, frame["input"]);
            return new JsonObject { ["on"] = "ended", ["good"] = good, ["exit"] = exit, ["refused"] = Refused?.DeepClone() };
        }

        bool Invoked(PowerShell ps, JsonNode input)
        {
            running = ps;
            try
            {
                if (Killed) return false;
                if (input == null) ps.Invoke();
                else ps.Invoke(input.AsArray().Select(one => (string)one).ToArray());
                return runspace.SessionStateProxy.GetVariable(Program.Outcome) is not false;
            }
            catch (PipelineStoppedException) { return false; }
            catch (RuntimeException e) { Show(e.ErrorRecord); return false; }
            finally { running = null; }
        }

        void Show(ErrorRecord record)
        {
            if (Killed || Refused != null) return;
            using var ps = PowerShell.Create();
            ps.Runspace = runspace;
            var shown = new PSObject(record);
            WriteStream.SetValue(shown, Enum.Parse(WriteStream.PropertyType, "Error"));
            ps.AddCommand("Out-Default").AddParameter("InputObject", shown).Invoke();
        }

        static JsonObject Parsed(string script)
        {
            Parser.ParseInput(script, out _, out var faults);
            return new JsonObject { ["on"] = "parsed", ["incomplete"] = faults.Any(one => one.IncompleteInput) };
        }
    }

    /// A script's text before it runs, and when it makes a block of text.
    public static class Program
    {
        static readonly Dictionary<string, string> Clock = new(StringComparer.OrdinalIgnoreCase)
        { ["DateTime"] = "OnshiLab.Clock", ["System.DateTime"] = "OnshiLab.Clock", ["ScriptBlock"] = "OnshiLab.Program", ["System.Management.Automation.ScriptBlock"] = "OnshiLab.Program" };
        static readonly HashSet<string> Members = new(StringComparer.OrdinalIgnoreCase) { "Now", "UtcNow", "Today", "Create" };

        internal const string Outcome = "OnshiLabOutcome";

        /// With a last statement that keeps whether the one before it went well, which no host is told.
        internal static string Judged(string text)
        {
            var block = Parser.ParseInput(text, out _, out var faults);
            if (faults.Length > 0 || block.EndBlock is not { Unnamed: true } end) return text;
            var last = end.Statements.LastOrDefault() as PipelineAst;
            var program = last?.PipelineElements.Last() is CommandAst command && Server.Programs.Contains(command.GetCommandName() ?? "");
            return $"{text}\n$global:{Outcome} = {(program ? "$LASTEXITCODE -eq 0" : "$?")}";
        }

        /// The PC's clock instead of this machine's; the same for text that becomes a script block.
        public static string Rewritten(string text)
        {
            var found = Parser.ParseInput(text, out _, out _).FindAll(one => one is MemberExpressionAst m && m.Static && m.Expression is TypeExpressionAst t
                && Clock.ContainsKey(t.TypeName.FullName) && m.Member is StringConstantExpressionAst s && Members.Contains(s.Value), true);
            foreach (var one in found.Select(one => ((TypeExpressionAst)((MemberExpressionAst)one).Expression).TypeName).OrderByDescending(one => one.Extent.StartOffset))
                text = text[..one.Extent.StartOffset] + Clock[one.FullName] + text[one.Extent.EndOffset..];
            return text;
        }

        public static ScriptBlock Create(string script)
        {
            var made = ScriptBlock.Create(Rewritten(script));
            Session.Now.Say(new JsonObject { ["on"] = "block", ["text"] = script });
            return made;
        }
    }

    public static class Clock
    {
        public static DateTime UtcNow => DateTime.UtcNow.AddTicks(Session.Now.Skew);
        public static DateTime Now => DateTime.Now.AddTicks(Session.Now.Skew);
        public static DateTime Today => Now.Date;
    }
}
