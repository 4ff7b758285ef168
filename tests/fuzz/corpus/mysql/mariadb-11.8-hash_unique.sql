CREATE TABLE `hash_unique` (
  `a` text DEFAULT NULL,
  `b` blob DEFAULT NULL,
  UNIQUE KEY `u` (`a`) USING HASH,
  UNIQUE KEY `v` (`b`) USING HASH
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci