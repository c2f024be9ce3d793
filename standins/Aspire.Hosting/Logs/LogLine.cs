namespace Aspire.Hosting.ApplicationModel;

/// <param name="LineNumber">From 1.</param>
/// <param name="Content">Text without line end.</param>
/// <param name="IsErrorMessage">Came through standard error.</param>
public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);
