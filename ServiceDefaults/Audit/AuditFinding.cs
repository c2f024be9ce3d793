namespace AiMesh.ServiceDefaults.Audit;

/// <summary>What the verification of one chain found.</summary>
/// <param name="Organisation">Whose chain; empty for that of nobody known.</param>
/// <param name="Records">How many records were read up to the first that is broken.</param>
/// <param name="Head">The last of them; null where there is none.</param>
/// <param name="Break">The first thing that is wrong; null where the chain is whole.</param>
public sealed record AuditFinding(string Organisation, long Records, AuditCheckpoint? Head, AuditBreak? Break);

/// <summary>Where a chain is broken.</summary>
/// <param name="Sequence">Of the first record that is broken or missing.</param>
/// <param name="Problem">What is wrong with it, for people.</param>
public sealed record AuditBreak(long Sequence, string Problem);
