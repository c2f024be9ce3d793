using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiMesh.AuthService.Keys;
using AiMesh.AuthService.Storage;

namespace AiMesh.AuthService.Privacy;

/// <summary>Stores what one service sends for an archive, sealed piece by piece. Begun again it forgets what came before.</summary>
internal sealed class ArchivePart(AuthDatabase database, PrivacyOperation operation, string service, byte[] key)
{
    public const string Purpose = "privacy archives";

    private Section? _section;

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(operation.Organisation, cancellationToken);
        await transaction.ExecuteAsync(
            "delete from privacy_sections where organisation = @Organisation and operation = @Id and service = @service",
            new { transaction.Organisation, operation.Id, service }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public async Task TakeAsync(string name, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(operation.Organisation, cancellationToken);
        if (_section?.Name != name) await BeginSectionAsync(transaction, name, cancellationToken);
        var section = _section!;
        if (!piece.IsEmpty)
        {
            section.Take(piece.Span);
            await transaction.ExecuteAsync(
                """
                insert into privacy_pieces (organisation, operation, service, section, number, sealed)
                values (@Organisation, @Id, @service, @Section, @Piece, @Sealed)
                """,
                new
                {
                    transaction.Organisation,
                    operation.Id,
                    service,
                    Section = section.Number,
                    Piece = section.Pieces,
                    Sealed = SealedBox.Seal(key, piece.Span, PlaceOf(operation.Id, service, section.Number, section.Pieces)),
                },
                cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The service has sent everything.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(operation.Organisation, cancellationToken);
        await EndSectionAsync(transaction, cancellationToken);
        await PrivacyStore.FinishStepAsync(transaction, operation.Id, service, [], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>What seals a piece in its place, so that none can be put in another's.</summary>
    public static byte[] PlaceOf(string operation, string service, int section, int piece) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{operation}/{service}/{section}/{piece}"));

    private async Task BeginSectionAsync(AuthTransaction transaction, string name, CancellationToken cancellationToken)
    {
        await EndSectionAsync(transaction, cancellationToken);
        _section = new Section(name, (_section?.Number ?? 0) + 1);
        await transaction.ExecuteAsync(
            "insert into privacy_sections (organisation, operation, service, number, name) values (@Organisation, @Id, @service, @Number, @name)",
            new { transaction.Organisation, operation.Id, service, _section.Number, name }, cancellationToken);
    }

    private async Task EndSectionAsync(AuthTransaction transaction, CancellationToken cancellationToken)
    {
        if (_section is not { } section) return;
        await transaction.ExecuteAsync(
            """
            update privacy_sections set bytes = @Bytes, records = @Records, sha256 = @Hash
            where organisation = @Organisation and operation = @Id and service = @service and number = @Number
            """,
            new { transaction.Organisation, operation.Id, service, section.Number, section.Bytes, section.Records, Hash = section.End() }, cancellationToken);
    }

    private sealed class Section(string name, int number)
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public string Name => name;

        public int Number => number;

        public int Pieces { get; private set; }

        public long Bytes { get; private set; }

        public long Records { get; private set; }

        public void Take(ReadOnlySpan<byte> piece)
        {
            Pieces++;
            Bytes += piece.Length;
            Records += piece.Count((byte)'\n');
            _hash.AppendData(piece);
        }

        public byte[] End()
        {
            using (_hash) return _hash.GetHashAndReset();
        }
    }
}
