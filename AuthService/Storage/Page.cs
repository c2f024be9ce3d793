namespace AiMesh.AuthService.Storage;

/// <summary>A page of a list.</summary>
/// <param name="Size">How many entries.</param>
/// <param name="After">The position that it begins after; empty for the first page.</param>
internal sealed record Page(int Size, string After);
