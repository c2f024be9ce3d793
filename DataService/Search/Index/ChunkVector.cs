using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace AiMesh.DataService.Search.Index;

/// <summary>Vectors as they are stored: IEEE halves. Unit vectors lose less by it than by anything else that is done to them.</summary>
internal static class ChunkVector
{
    public static byte[] Write(ReadOnlySpan<float> vector)
    {
        var bytes = new byte[vector.Length * sizeof(short)];
        TensorPrimitives.ConvertToHalf(vector, MemoryMarshal.Cast<byte, Half>(bytes.AsSpan()));
        return bytes;
    }

    public static float[] Read(ReadOnlySpan<byte> bytes)
    {
        var vector = new float[bytes.Length / sizeof(short)];
        TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), vector.AsSpan());
        return vector;
    }
}
