CREATE TABLE `key_options` (
  `a` int(11) DEFAULT NULL,
  `b` int(11) DEFAULT NULL,
  KEY `k1` (`a`) COMMENT 'a key''s',
  KEY `k2` (`b`) KEY_BLOCK_SIZE=4,
  KEY `k3` (`a`,`b`) USING BTREE COMMENT 'both'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8