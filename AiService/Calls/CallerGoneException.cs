namespace AiMesh.AiService.Calls;

/// <summary>The answer could not be passed on: the caller has closed the connection.</summary>
internal sealed class CallerGoneException(Exception inner) : Exception("The caller cannot be reached any more.", inner);
