// powershell.exe's host: a console that nobody sits at. What it writes goes to the PC's process.

using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text.Json.Nodes;
using System.Threading;

namespace OnshiLab
{
    sealed class MockHost : PSHost
    {
        readonly Session session;
        readonly MockInterface shown;
        internal MockHost(Session session) { this.session = session; shown = new MockInterface(session); }
        public override string Name => "ConsoleHost";
        public override Version Version => new(5, 1);
        public override Guid InstanceId { get; } = Guid.NewGuid();
        public override PSHostUserInterface UI => shown;
        public override CultureInfo CurrentCulture { get; } = Thread.CurrentThread.CurrentCulture;
        public override CultureInfo CurrentUICulture { get; } = Thread.CurrentThread.CurrentUICulture;
        public override void SetShouldExit(int exitCode) => session.Exit(exitCode);
        public override void EnterNestedPrompt() => throw new NotSupportedException();
        public override void ExitNestedPrompt() { }
        public override void NotifyBeginApplication() { }
        public override void NotifyEndApplication() { }
    }

    sealed class MockInterface : PSHostUserInterface
    {
        readonly Session session;
        internal MockInterface(Session session) => this.session = session;
        void Say(string kind, string text) => session.Say(new JsonObject { ["on"] = kind, ["text"] = text });
        public override PSHostRawUserInterface RawUI { get; } = new MockScreen();
        public override void Write(string value) => Say("write", value.Replace("\r\n", "\n").Replace("\n", "\r\n"));
        public override void Write(ConsoleColor foreground, ConsoleColor background, string value) => Write(value);
        public override void WriteLine(string value) => Write(value + "\n");
        public override void WriteErrorLine(string value) => Say("shown", value);
        public override void WriteWarningLine(string message) => Say("warning", message);
        public override void WriteVerboseLine(string message) => Say("verbose", message);
        public override void WriteDebugLine(string message) => Say("debug", message);
        public override void WriteProgress(long sourceId, ProgressRecord record) { }
        static Exception Alone() => new PSInvalidOperationException("Windows PowerShell is in NonInteractive mode. Read and Prompt functionality is not available.");
        public override string ReadLine() => throw Alone();
        public override SecureString ReadLineAsSecureString() => throw Alone();
        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) => throw Alone();
        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) => throw Alone();
        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) => throw Alone();
        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName, PSCredentialTypes allowed, PSCredentialUIOptions options) => throw Alone();
    }

    sealed class MockScreen : PSHostRawUserInterface
    {
        public override ConsoleColor ForegroundColor { get; set; }
        public override ConsoleColor BackgroundColor { get; set; }
        public override Size BufferSize { get; set; } = new(80, 300);
        public override Size WindowSize { get; set; } = new(80, 25);
        public override Size MaxWindowSize => new(80, 25);
        public override Size MaxPhysicalWindowSize => new(80, 25);
        public override Coordinates CursorPosition { get; set; }
        public override Coordinates WindowPosition { get; set; }
        public override int CursorSize { get; set; }
        public override string WindowTitle { get; set; }
        public override bool KeyAvailable => false;
        public override void FlushInputBuffer() { }
        public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw new NotSupportedException();
        public override KeyInfo ReadKey(ReadKeyOptions options) => throw new NotSupportedException();
        public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) { }
        public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) { }
        public override void SetBufferContents(Rectangle rectangle, BufferCell fill) { }
    }
}
