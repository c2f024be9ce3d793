namespace AiMesh.Embeddings;

/// <summary>A word of a text.</summary>
/// <param name="Start">Index of its first UTF-16 code unit.</param>
/// <param name="Length">In UTF-16 code units.</param>
/// <param name="Word">Lower case, Latin letters without accents.</param>
public readonly record struct Token(int Start, int Length, string Word);
